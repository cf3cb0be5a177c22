/** @jsxImportSource @opentui/solid */
/** A subagent: its title, its latest output and its own stop; Enter opens its whole conversation. */
import { createMemo, For, Show } from "solid-js";
import {
  type EngineInfo,
  isOutcome,
  type Subagent,
  type ToolCallPart,
} from "../../shared/protocol";
import { useClient, useOpen } from "../../client/state/client";
import { engineName } from "../../client/state/engine-list";
import { tokens } from "../../client/state/format";
import {
  lastLines,
  roleName,
  stopsWithRun,
  subagentOutcome,
  workingWords,
} from "../../client/state/subagent-words";
import { waitingCalls } from "../../client/state/waiting-approvals";
import { ApprovalRows } from "./ApprovalRows";
import { Card, type CardAction } from "./Card";
import { createElapsed } from "./elapsed-words";
import { partStopOf } from "./part-stop";
import type { Piece } from "./pieces";
import { RetryRows } from "./QuestionRows";
import { Words } from "./Words";

export interface SubagentRowsProps {
  part: ToolCallPart;
  subagent: Subagent;
  runId: string;
}

export function SubagentRows(props: SubagentRowsProps) {
  const client = useClient();
  const asked = createMemo(() => waitingCalls(props.subagent.messages));
  const state = createSubagentState(props);
  const stop = createSubagentStop(props);
  const last = () =>
    (lastLines(props.subagent.messages) || workingWords(props.part)).replaceAll(/\n{2,}/g, "\n");
  return (
    <Card
      id={props.part.id}
      head={[
        { text: "Subagent ", bold: true },
        { text: props.subagent.title, prose: true },
      ]}
      state={state()}
      actions={[
        { key: "Enter", label: "open", run: () => client.expand(props.part.id) },
        ...stop(),
      ]}
    >
      <box flexDirection="column" flexShrink={0} paddingLeft={2}>
        <Show when={last() !== ""}>
          <Words pieces={[{ text: last(), color: "muted", prose: true }]} wrap="cut" />
        </Show>
        <Words pieces={factPieces(props, client.engines.engines())} wrap="none" />
        <For each={asked()}>{(part) => <ApprovalRows part={part} />}</For>
        <Show when={props.subagent.retry}>
          {(retry) => <RetryRows id={`retry:${props.part.id}`} retry={retry()} />}
        </Show>
      </box>
    </Card>
  );
}

/** None of an engine's subagent that stops with the run alone. */
export function createSubagentStop(props: SubagentRowsProps): () => CardAction[] {
  const open = useOpen();
  const isAtWork = () => props.part.state === "running" || props.part.state === "pending";
  return () => {
    const isStoppable = props.subagent.notStoppable === undefined && open.stage() !== "stopping";
    if (!isAtWork() || !isStoppable) return [];
    const { id } = props.part;
    return [partStopOf(open, id, { runId: props.runId, subagentId: id })];
  };
}

/** While it stops "Stopping…", then how it ended; with its time. */
export function createSubagentState(props: SubagentRowsProps): () => Piece[] {
  const open = useOpen();
  const took = createElapsed(
    () => props.part.startedAt,
    () => props.part.endedAt,
  );
  const words = () => {
    const isEnded = isOutcome(props.part.state);
    if (!isEnded && (open.isStopping(props.part.id) || open.stage() === "stopping"))
      return "Stopping…";
    return subagentOutcome(props.part);
  };
  return () => [
    { text: words(), color: props.part.state === "failed" ? "bad" : "muted" },
    { text: took() === "" ? "" : ` ${took()}`, color: "muted" },
    { text: props.part.state === "done" ? " ✓" : "", color: "good" },
  ];
}

/** Its role, what answers in the place of Rein's own loop, and its tokens. */
function factPieces(props: SubagentRowsProps, engines: EngineInfo[] | undefined): Piece[] {
  const { usage } = props.subagent;
  const count = usage.inputTokens + usage.outputTokens;
  const words = [
    roleName(props.subagent),
    engineName(engines, props.subagent.engine),
    props.subagent.notStoppable && !isOutcome(props.part.state) && stopsWithRun(),
    count > 0 && `${usage.estimated ? "~" : ""}${tokens(count)} tokens`,
  ].filter(Boolean);
  return [{ text: words.join(" · "), color: "muted" }];
}
