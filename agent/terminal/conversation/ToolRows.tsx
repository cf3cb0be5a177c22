/** @jsxImportSource @opentui/solid */
/** One tool call: its input while the model writes it, its output, its duration and its outcome. */
import { createMemo, createSignal, For, Show } from "solid-js";
import { isOutcome, type ToolCallPart } from "../../shared/protocol";
import { truncate } from "../../shared/truncate";
import { callProblem } from "../../shared/limit-hit-words";
import { useOpen } from "../../client/state/client";
import { readDiff } from "../../client/state/diff-lines";
import { earlierWords, type Tail, tailOf } from "../../client/state/output-tail";
import {
  backgroundWords,
  hasOwnStop,
  liveLines,
  openLines,
  shownOutput,
  toolStateOf,
} from "../../client/state/tool-view";
import {
  detailsOf,
  fromDirectory,
  inputOf,
  isShortDetail,
  purposeOf,
  shownName,
  shownSubject,
} from "../../client/state/tool-input";
import { ApprovalRows } from "./ApprovalRows";
import { Card, type CardAction } from "./Card";
import { DiffRows } from "./DiffRows";
import { createElapsed } from "./elapsed-words";
import { FoldedRows } from "./FoldedRows";
import { HookRows } from "./HookRows";
import { partStopOf } from "./part-stop";
import type { Piece } from "./pieces";
import { FileNames } from "./UserRows";
import { Words } from "./Words";

export function ToolRows(props: { part: ToolCallPart; runId: string }) {
  const open = useOpen();
  const [choice, setChoice] = createSignal<boolean>();
  const input = createMemo(() => inputOf(props.part));
  const subject = () => fromDirectory(shownSubject(input(), props.part.title), open.session.cwd);
  const isAsking = () => props.part.state === "waiting" && props.part.approval !== undefined;
  const isExpanded = () => choice() ?? !isOutcome(props.part.state);
  const state = createStatePieces(props);

  function actions(): CardAction[] {
    const toggle = {
      key: "Enter",
      label: isExpanded() ? "close" : "open",
      run: () => setChoice(!isExpanded()),
    };
    if (!hasOwnStop(props.part)) return [toggle];
    const { id } = props.part;
    return [toggle, partStopOf(open, id, { runId: props.runId, toolCallId: id })];
  }

  return (
    <Card
      id={props.part.id}
      head={[
        { text: `${shownName(props.part)} `, bold: true },
        // While it asks, the rows below say all of it.
        { text: isAsking() ? "" : subject(), color: "muted" },
      ]}
      state={state()}
      actions={actions()}
    >
      <box flexDirection="column" flexShrink={0} paddingLeft={2}>
        <Show when={props.part.diff}>{(diff) => <DiffRows lines={readDiff(diff())} />}</Show>
        <Show when={isExpanded() && props.part.diff === undefined && !isAsking()}>
          <Show when={purposeOf(input(), props.part.title)}>
            {(purpose) => <Words pieces={[{ text: purpose(), color: "muted", prose: true }]} />}
          </Show>
          <For each={detailsOf(input(), props.part.title, open.session.cwd)}>
            {(detail) => <Detail {...detail} isWriting={props.part.state === "writing"} />}
          </For>
        </Show>
        <ApprovalRows part={props.part} />
        <Show when={props.part.progress}>
          {(progress) => <Words pieces={[{ text: progress(), color: "muted", prose: true }]} />}
        </Show>
        <Output part={props.part} isExpanded={isExpanded()} />
        <FileNames files={props.part.files} />
        <Show when={callProblem(props.part)}>
          {(error) => <Words pieces={[{ text: error(), color: "bad", prose: true }]} />}
        </Show>
        <HookRows hooks={props.part.hooks} />
      </box>
    </Card>
  );
}

function createStatePieces(props: { part: ToolCallPart }): () => Piece[] {
  const { control, isStopping } = useOpen();
  const took = createElapsed(
    () => props.part.startedAt,
    () => props.part.endedAt,
  );
  return () => {
    const { id, state } = props.part;
    const { words, isTimed, isHalted } = toolStateOf(props.part, control.pauseState());
    const isEnding = state === "running" && !isHalted && isStopping(id);
    return [
      { text: isEnding ? "Stopping…" : words, color: stateColor(state) },
      { text: isTimed && took() !== "" ? ` ${took()}` : "", color: "muted" },
      { text: state === "done" ? " ✓" : "", color: "good" },
    ];
  };
}

function stateColor(state: ToolCallPart["state"]): "bad" | "warning" | "muted" {
  if (state === "failed") return "bad";
  return state === "waiting" ? "warning" : "muted";
}

function Detail(props: { name: string; text: string; isWriting: boolean }) {
  const isShort = () => isShortDetail(props.text, props.isWriting);
  return (
    <>
      <Words
        pieces={[
          { text: isShort() ? `${props.name}: ` : props.name, color: "muted" },
          { text: isShort() ? props.text : "" },
        ]}
      />
      <Show when={!isShort()}>
        <Show when={props.isWriting} fallback={<FoldedRows text={props.text} />}>
          <TailRows tail={tailOf(props.text, liveLines)} isCut />
        </Show>
      </Show>
    </>
  );
}

/** The last lines, below the number of those before. `isCut`: each is one row. */
function TailRows(props: { tail: Tail; isCut: boolean }) {
  return (
    <>
      <Show when={earlierWords(props.tail)}>
        {(words) => <Words pieces={[{ text: words(), color: "muted" }]} />}
      </Show>
      <Show
        when={!props.isCut}
        fallback={<Words pieces={[{ text: cut(props.tail.text), color: "muted" }]} wrap="cut" />}
      >
        <FoldedRows text={props.tail.text} lines={openLines} look={{ color: "muted" }} />
      </Show>
    </>
  );
}

/** A line of a million characters is one row, too: of each, what the widest terminal could show. */
function cut(text: string): string {
  return text
    .split("\n")
    .map((line) => truncate(line, 2000))
    .join("\n");
}

function Output(props: { part: ToolCallPart; isExpanded: boolean }) {
  const { session } = useOpen();
  const output = createMemo(() => shownOutput(props.part, session, props.isExpanded));
  return (
    <Show when={output()}>
      {(shown) => (
        <>
          <Show when={shown().isOpen && props.part.outputFile}>
            {(kept) => <Words pieces={[{ text: keptWords(kept().characters), color: "muted" }]} />}
          </Show>
          <Show when={shown().text !== ""}>
            <TailRows tail={shown()} isCut={!shown().isOpen} />
          </Show>
          <Show when={shown().isBackground}>
            <Words pieces={[{ text: backgroundWords(), color: "muted" }]} />
          </Show>
        </>
      )}
    </Show>
  );
}

/** The page has the place to show them. */
function keptWords(characters: number): string {
  return `All ${characters.toLocaleString("en")} characters are kept: the page shows and saves them.`;
}
