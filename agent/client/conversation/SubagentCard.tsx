/** A subagent at a glance: what it is for, what it does now, and its own Stop. */
import { createMemo, For, Show } from "solid-js";
import type { Message, Subagent, ToolCallPart } from "../../shared/protocol";
import { Elapsed } from "../components/Elapsed";
import { Icon } from "../components/Icon";
import { SmallStop } from "../components/StopButton";
import { useClient, useOpen } from "../state/client";
import { ApprovalBox } from "./ApprovalBox";
import { inputOf, shownSubject } from "./input";
import { RetryLine } from "./RetryLine";
import { tailOf } from "./tail";
import { stoppedWords } from "./outcome-labels";

export interface SubagentProps {
  part: ToolCallPart;
  subagent: Subagent;
  runId: string;
}

export function SubagentCard(props: SubagentProps) {
  const client = useClient();
  const asked = createMemo(() => waitingCalls(props.subagent.messages));
  return (
    <section
      class="card subagent"
      classList={{ asking: asked().length > 0 }}
      data-testid="subagent-card"
      data-state={props.part.state}
    >
      <div class="card-face" onClick={() => client.expand(props.part.id)}>
        <div class="card-head">
          <span class="dot" data-state={props.part.state} />
          <button
            type="button"
            class="card-title"
            aria-label={`Open subagent ${props.subagent.title}`}
          >
            {props.subagent.title}
          </button>
          <SubagentStop {...props} />
        </div>
        <p class="last-lines">{lastLines(props.subagent.messages)}</p>
        <SubagentFoot {...props} />
      </div>
      <For each={asked()}>
        {(part) => (
          <Show when={part.approval}>
            {(asked) => <ApprovalBox approval={asked()} isSubjectShown={false} />}
          </Show>
        )}
      </For>
      <Show when={props.subagent.retry}>{(retry) => <RetryLine retry={retry()} />}</Show>
    </section>
  );
}

export function SubagentStop(props: SubagentProps) {
  const open = useOpen();
  const isAtWork = () => props.part.state === "running" || props.part.state === "pending";
  return (
    <Show when={isAtWork()}>
      <SmallStop
        label={`Stop subagent ${props.subagent.title}`}
        stopping={open.isStopping(props.part.id) || open.stage() === "stopping"}
        onStop={() => open.stopPart({ runId: props.runId, subagentId: props.part.id })}
      />
    </Show>
  );
}

export function SubagentFoot(props: SubagentProps) {
  const words = createMemo(() => {
    const { state, stop, error } = props.part;
    if (state === "stopped") return stoppedWords[stop?.by ?? "user"];
    if (state === "failed") return error ?? "Failed";
    return state === "done" ? "Done" : "";
  });
  return (
    <p class="subagent-foot">
      <Show when={words()}>
        <span class="outcome" data-state={props.part.state}>
          <Show when={props.part.state === "done"}>
            <Icon name="check" />
          </Show>
          {words()}
        </span>
      </Show>
      <span>{props.subagent.role}</span>
      <span class="subagent-model">{props.subagent.model}</span>
      <Show when={props.part.startedAt}>
        {(startedAt) => <Elapsed from={startedAt()} to={props.part.endedAt} />}
      </Show>
    </p>
  );
}

/** The calls that wait for an answer: it is asked for on the card, where it is seen. */
function waitingCalls(messages: Message[]): ToolCallPart[] {
  return (messages.at(-1)?.parts ?? []).filter(
    (part): part is ToolCallPart => part.type === "tool-call" && part.state === "waiting",
  );
}

/** What it wrote or did last, as two or three lines of plain text. */
function lastLines(messages: Message[]): string {
  for (const message of messages.toReversed()) {
    if (message.role === "user") break;
    if (message.summary && message.outcome === undefined) return "Summing up what came before";
    if (message.summary) continue;
    for (const part of message.parts.toReversed()) {
      if (part.type === "tool-call")
        return `${part.name} ${shownSubject(inputOf(part))}\n${tailOf(part.output, 2).text}`.trim();
      if (part.type !== "interruption" && part.text.trim() !== "")
        return tailOf(part.text.trim(), 3).text;
    }
  }
  return "";
}
