/** @jsxImportSource @opentui/solid */
/** One message: the user's text, or the parts of an assistant's message. */
import { For, Match, Show, Switch } from "solid-js";
import { branchOf } from "../../shared/branches";
import {
  filesOf,
  otherPartName,
  refusalTexts,
  textOf,
  toolCallsOf,
} from "../../shared/message-parts";
import type { OtherPart, Part, PlanPart } from "../../shared/protocol";
import { findRun } from "../../shared/session-lookup";
import { shownSteps } from "../../shared/shown-steps";
import { currentSummary } from "../../shared/summary";
import { useClient, useOpen } from "../../client/state/client";
import {
  interruptionWords,
  isWritten,
  type MessagePlace,
  summaryTitle,
} from "../../client/state/message-words";
import { undoSummary } from "../../client/state/summary-requests";
import { usePlainTexts } from "./plain-texts";
import { MarkdownRows } from "./MarkdownRows";
import { OpenCard } from "./OpenCard";
import { PlanSteps } from "./PlanSteps";
import { ReasoningRows } from "./ReasoningRows";
import { SubagentRows } from "./SubagentRows";
import { TextPlace } from "./TextPlace";
import { ToolRows } from "./ToolRows";
import { UserRows } from "./UserRows";
import { Words } from "./Words";

export function MessageRows(props: MessagePlace) {
  return (
    <Show
      when={props.message.role === "assistant"}
      fallback={
        <>
          <TextPlace ids={props.message.parts.map(({ id }) => id)}>
            <UserRows
              text={textOf(props.message)}
              files={filesOf(props.message)}
              message={props.message}
            />
          </TextPlace>
          <For each={toolCallsOf(props.message)}>
            {(part) => <ToolRows part={part} runId={props.message.runId} />}
          </For>
        </>
      }
    >
      <box flexDirection="column" flexShrink={0} rowGap={1}>
        <For each={refusalTexts(props.message)}>
          {(text) => <Words pieces={[{ text, color: "muted", prose: true }]} />}
        </For>
        <Show when={props.message.summary} fallback={<Parts {...props} />}>
          <Summary {...props} />
        </Show>
      </box>
    </Show>
  );
}

function Parts(props: MessagePlace) {
  return <For each={props.message.parts}>{(part) => <PartRows part={part} {...props} />}</For>;
}

function Summary(props: MessagePlace) {
  const client = useClient();
  const open = useOpen();
  const isIdle = () => open.stage() === "idle" || open.stage() === "stopped";
  const isInUse = () => currentSummary(branchOf(open.session))?.id === props.message.id;
  const undo = () => void undoSummary(client, open, props.message.id);
  return (
    <OpenCard
      id={props.message.id}
      head={[{ text: summaryTitle(props.message), color: "muted" }]}
      actions={isInUse() && isIdle() ? [{ key: "u", label: "undo summary", run: undo }] : []}
    >
      <Parts {...props} />
      <Show when={props.message.error}>
        {(error) => <Words pieces={[{ text: error().message, color: "bad", prose: true }]} />}
      </Show>
    </OpenCard>
  );
}

function PartRows(props: MessagePlace & { part: Part }) {
  const { session } = useOpen();
  const plain = usePlainTexts();
  const isStreaming = () => isWritten(props.part, props.message);
  return (
    <Switch>
      <Match when={props.part.type === "text" && props.part}>
        {(part) => (
          <Show when={part().text.trim() !== ""}>
            <TextPlace ids={[part().id]}>
              <MarkdownRows
                text={part().text}
                streaming={isStreaming()}
                isPlain={plain().has(part().id)}
              />
            </TextPlace>
          </Show>
        )}
      </Match>
      <Match when={props.part.type === "reasoning" && props.part}>
        {(part) => <ReasoningRows part={part()} streaming={isStreaming()} />}
      </Match>
      <Match when={props.part.type === "tool-call" && props.part}>
        {(part) => (
          <Show
            when={part().subagent}
            fallback={<ToolRows part={part()} runId={props.message.runId} />}
          >
            {(subagent) => (
              <SubagentRows part={part()} subagent={subagent()} runId={props.message.runId} />
            )}
          </Show>
        )}
      </Match>
      <Match when={props.part.type === "other" && props.part}>
        {(part) => <OtherRows part={part()} />}
      </Match>
      <Match when={props.part.type === "plan" && props.part}>
        {(part) => <PlanRows part={part()} runId={props.message.runId} />}
      </Match>
      <Match when={props.part.type === "interruption" && props.part}>
        {(part) => (
          <Show when={interruptionWords(part(), props, session)}>
            {(text) => <Words pieces={[{ text: text(), color: "muted", prose: true }]} />}
          </Show>
        )}
      </Match>
    </Switch>
  );
}

/** A part of an answer that Rein does not handle: what the service did, and about what. */
function OtherRows(props: { part: OtherPart }) {
  return (
    <Words
      pieces={[
        { text: otherPartName(props.part), color: "muted" },
        { text: props.part.text === "" ? "" : `  ${props.part.text}`, color: "muted" },
      ]}
    />
  );
}

function PlanRows(props: { part: PlanPart; runId: string }) {
  const { session } = useOpen();
  const entries = () => shownSteps(props.part, findRun(session, props.runId));
  const done = () => entries().filter(({ state }) => state === "completed").length;
  return (
    <box flexDirection="column" flexShrink={0}>
      <Words pieces={[{ text: `Plan, ${done()} of ${entries().length} done`, color: "muted" }]} />
      <PlanSteps entries={entries()} />
    </box>
  );
}
