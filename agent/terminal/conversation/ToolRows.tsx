/** @jsxImportSource @opentui/solid */
/** One tool call: its input while the model writes it, its output, its duration and its outcome. */
import { createMemo, createSignal, For, Show } from "solid-js";
import { isOutcome, type ToolCallPart } from "../../shared/protocol";
import { truncate } from "../../shared/truncate";
import { useOpen } from "../../client/state/client";
import { readDiff } from "../../client/state/diff-lines";
import { toolStateLabel } from "../../client/state/outcome-labels";
import { tailOf, terminalTailOf, withoutProcessNote } from "../../client/state/output-tail";
import {
  detailsOf,
  fromDirectory,
  inputOf,
  purposeOf,
  shownName,
  shownSubject,
} from "../../client/state/tool-input";
import { ApprovalRows } from "./ApprovalRows";
import { Card, type CardAction } from "./Card";
import { DiffRows } from "./DiffRows";
import { createElapsed } from "./elapsed-words";
import { FoldedRows } from "./FoldedRows";
import type { Piece } from "./pieces";
import { FileNames } from "./UserRows";
import { Words } from "./Words";

/** The most lines of an output that are drawn. */
const maxLines = 400;
/** Of one that runs. */
const liveLines = 12;
/** Of one that has ended, while it is not open. */
const endLines = 4;

export function ToolRows(props: { part: ToolCallPart; runId: string }) {
  const open = useOpen();
  const [choice, setChoice] = createSignal<boolean>();
  const input = createMemo(() => inputOf(props.part));
  const subject = () => fromDirectory(shownSubject(input(), props.part.title), open.session.cwd);
  const isAsking = () => props.part.state === "waiting" && props.part.approval !== undefined;
  const isExpanded = () => choice() ?? !isOutcome(props.part.state);
  const isStopping = () => open.isStopping(props.part.id);
  const state = createStatePieces(props);

  function actions(): CardAction[] {
    const toggle = {
      key: "Enter",
      label: isExpanded() ? "close" : "open",
      run: () => setChoice(!isExpanded()),
    };
    // One of an engine's tools stops with the whole run.
    if (props.part.state !== "running" || props.part.kind !== undefined) return [toggle];
    const target = { runId: props.runId, toolCallId: props.part.id };
    return [
      toggle,
      {
        key: "x",
        label: isStopping() ? "stop now, without time to clean up" : "stop",
        run: () => open.stopPart(isStopping() ? { ...target, hard: true } : target),
      },
    ];
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
        <Output part={props.part} isExpanded={isExpanded()} />
        <FileNames files={props.part.files} />
        <Show when={props.part.error}>
          {(error) => <Words pieces={[{ text: error(), color: "bad", prose: true }]} />}
        </Show>
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
  /** An engine that is halted as it is has its calls halted, too. */
  const isHalted = () => props.part.state === "running" && control.pauseState() === "paused";
  const words = () => {
    if (isHalted()) return "paused";
    if (props.part.state === "running" && isStopping(props.part.id)) return "Stopping…";
    return toolStateLabel(props.part);
  };
  return () => {
    const { state } = props.part;
    const isTimed = state !== "waiting" && !isHalted();
    return [
      { text: words(), color: stateColor(state) },
      { text: isTimed && took() !== "" ? ` ${took()}` : "", color: "muted" },
      { text: state === "done" ? " ✓" : "", color: "good" },
    ];
  };
}

function stateColor(state: ToolCallPart["state"]): "bad" | "warning" | "muted" {
  if (state === "failed") return "bad";
  return state === "waiting" ? "warning" : "muted";
}

/** A member of the input: in one line when it is short and complete. */
function Detail(props: { name: string; text: string; isWriting: boolean }) {
  const isShort = () => !props.isWriting && props.text.length <= 80 && !props.text.includes("\n");
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
          <Tail text={props.text} lines={liveLines} isCut />
        </Show>
      </Show>
    </>
  );
}

/** The last lines, below the number of those before. `isTerminal`: as a terminal would show them. `isCut`: each is one row. */
function Tail(props: { text: string; lines: number; isTerminal?: boolean; isCut: boolean }) {
  const tail = createMemo(() =>
    (props.isTerminal ? terminalTailOf : tailOf)(props.text, props.lines),
  );
  const earlier = () => tail().earlier;
  return (
    <>
      <Show when={earlier() > 0}>
        <Words
          pieces={[
            {
              text: `${earlier().toLocaleString("en")} earlier ${earlier() === 1 ? "line" : "lines"}`,
              color: "muted",
            },
          ]}
        />
      </Show>
      <Show
        when={!props.isCut}
        fallback={<Words pieces={[{ text: cut(tail().text), color: "muted" }]} wrap="cut" />}
      >
        <FoldedRows text={tail().text} lines={maxLines} look={{ color: "muted" }} />
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

/** While running, the last lines; afterwards a few, or up to `maxLines` when open. */
function Output(props: { part: ToolCallPart; isExpanded: boolean }) {
  const { session } = useOpen();
  const started = () => session.processes?.find(({ toolCallId }) => toolCallId === props.part.id);
  const output = createMemo(() => {
    const [whole, process] = [props.part.output, started()];
    return process === undefined ? whole : withoutProcessNote(whole, process.id);
  });
  const lines = () => {
    if (props.part.state === "running") return liveLines;
    if (props.isExpanded) return maxLines;
    return isCommand(props.part) || props.part.state === "stopped" ? endLines : 0;
  };
  const isTerminal = () => isCommand(props.part) || props.part.name === "process";
  return (
    <Show when={props.part.output !== "" && lines() > 0}>
      <Show when={output() !== ""}>
        <Tail
          text={output()}
          lines={lines()}
          isTerminal={isTerminal()}
          isCut={lines() !== maxLines}
        />
      </Show>
      <Show when={output() !== props.part.output}>
        <Words pieces={[{ text: "Started in the background", color: "muted" }]} />
      </Show>
    </Show>
  );
}

function isCommand({ name, kind }: ToolCallPart): boolean {
  return kind === "execute" || (kind === undefined && name === "bash");
}
