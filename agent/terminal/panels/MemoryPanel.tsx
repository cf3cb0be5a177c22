/** @jsxImportSource @opentui/solid */
/** The notes about the session's project: what models propose is kept, edited or refused; what is kept is edited and removed. */
import { createMemo, createSignal, Show } from "solid-js";
import { useClient } from "../../client/state/client";
import { createMemoryPanel } from "../../client/state/memory-panel";
import { proposalWords } from "../../client/state/memory-words";
import type { MemoryLine } from "../../shared/protocol";
import { Words } from "../conversation/Words";
import { ChoiceList, type Line } from "./ChoiceList";
import { PanelFrame } from "./PanelFrame";
import type { PanelProps } from "./PanelLayer";
import { EntryLine } from "./PanelQuestions";

/** The line that adds one. */
const adds = "add";

export function MemoryPanel(props: PanelProps) {
  const client = useClient();
  const cwd = () => props.open.chosen().cwd || client.models.models()?.cwd || "";
  const panel = createMemoryPanel(cwd, client.changes);
  const [edited, setEdited] = createSignal<MemoryLine | typeof adds>();
  const noteOf = (line: Line) =>
    [...panel.proposed(), ...panel.kept()].find(({ id }) => id === line.id);

  const lines = createMemo((): Line[] => [
    ...headed("Proposed", panel.proposed().map(lineOf)),
    { id: "head kept", text: "Kept: models are told of it in each session here", isHead: true },
    ...panel.kept().map(lineOf),
    { id: adds, text: "Add a note…" },
  ]);

  /** The whole note stands below the list: what is kept has been read. */
  function lineOf(line: MemoryLine): Line {
    const about = panel.aboutOf(line)?.text;
    const text = line.removes === undefined ? line.text : (about ?? "");
    const replaced =
      line.replaces === undefined || about === undefined ? "" : ` It replaces: ${about}`;
    return {
      id: line.id,
      text,
      words: `${text}${replaced}`,
      ...(line.state === "proposed" && { side: proposalWords(line).toLowerCase() }),
    };
  }

  function choose(line: Line): void {
    const note = noteOf(line);
    if (line.id === adds) setEdited(adds);
    else if (note?.state === "proposed") void panel.keep(note);
    else setEdited(note);
  }

  function save(note: MemoryLine | typeof adds, text: string): void {
    if (text === "") return;
    if (note === adds) void panel.add(text);
    else void (note.state === "proposed" ? panel.keep(note, text) : panel.edit(note, text));
  }

  function edit(line: Line): void {
    const note = noteOf(line);
    if (note !== undefined && note.removes === undefined) setEdited(note);
  }

  function remove(line: Line): void {
    const note = noteOf(line);
    if (note !== undefined) void panel.remove(note);
  }

  const isFree = () => edited() === undefined;
  return (
    <PanelFrame
      title="Notes about this project"
      hints={["Enter keeps, or edits", "e edits", "Delete refuses, or removes", "Escape closes"]}
      close={props.close}
    >
      <Show when={panel.problem()}>
        {(words) => <Words pieces={[{ text: words(), color: "bad" }]} />}
      </Show>
      <ChoiceList
        lines={lines()}
        empty=""
        isActive={isFree()}
        reserved={(panel.problem() === "" ? 0 : 1) + (isFree() ? 0 : 1)}
        choose={choose}
        keys={[
          { key: "e", run: edit },
          { key: "Delete", run: remove },
          { key: "Backspace", run: remove },
        ]}
      />
      <Show when={edited()} keyed>
        {(note) => (
          <EntryLine
            label="Note"
            value={note === adds ? "" : note.text}
            save={(text) => save(note, text)}
            close={() => setEdited(undefined)}
          />
        )}
      </Show>
    </PanelFrame>
  );
}

function headed(title: string, lines: Line[]): Line[] {
  return lines.length === 0 ? [] : [{ id: `head ${title}`, text: title, isHead: true }, ...lines];
}
