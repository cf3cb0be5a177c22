/** One message: the user's text, or the parts of an assistant's message. */
import { For, Match, Show, Switch } from "solid-js";
import type { Part, TextPart } from "../../shared/protocol";
import { filesOf, refusalTexts, textOf } from "../../shared/message-parts";
import { deferred } from "../components/deferred";
import { VisibleText } from "../components/VisibleText";
import { Markdown } from "../markdown/Markdown";
import { useOpen } from "../state/client";
import { interruptionWords, isWritten, type MessagePlace } from "../state/message-words";
import styles from "./MessageView.module.css";
import { OtherPartCard } from "./OtherPartCard";
import { Reasoning } from "./Reasoning";
import { NotSent } from "./NotSent";
import { UserMessage } from "./UserMessage";
import { SubagentCard } from "./SubagentCard";
import { SummaryCard } from "./SummaryCard";
import { ToolCard } from "./ToolCard";

const PlanList = deferred(async () => (await import("./PlanList")).PlanList);
const MessageEdit = deferred(async () => (await import("./MessageEdit")).MessageEdit);

export function MessageView(props: MessagePlace) {
  const { editing, session } = useOpen();
  /** The first message of a run stands for all that was said in it. */
  const isEdited = () =>
    editing.runId() === props.message.runId &&
    session.messages.find(({ runId }) => runId === props.message.runId)?.id === props.message.id;
  return (
    <Show
      when={props.message.role === "assistant"}
      fallback={
        <Show
          when={isEdited()}
          fallback={
            <UserMessage text={textOf(props.message)} files={filesOf(props.message)}>
              <Show when={filesOf(props.message).length > 0}>
                <NotSent message={props.message} />
              </Show>
            </UserMessage>
          }
        >
          <MessageEdit runId={props.message.runId} />
        </Show>
      }
    >
      <article class={styles.message} data-testid="message" data-role="assistant">
        <For each={refusalTexts(props.message)}>
          {(text) => (
            <p class={`${styles.interruption} ${styles.quiet}`} data-testid="refusal">
              <span>
                <VisibleText text={text} />
              </span>
            </p>
          )}
        </For>
        <Show when={props.message.summary} fallback={<Parts {...props} />}>
          <SummaryCard message={props.message}>
            <Parts {...props} />
          </SummaryCard>
        </Show>
      </article>
    </Show>
  );
}

function Parts(props: MessagePlace) {
  return (
    <div class={styles.parts}>
      <For each={props.message.parts}>{(part) => <PartView part={part} {...props} />}</For>
    </div>
  );
}

function PartView(props: { part: Part } & MessagePlace) {
  const { session } = useOpen();
  const isStreaming = () => isWritten(props.part, props.message);
  return (
    <Switch>
      <Match when={props.part.type === "text" && props.part}>
        {(part) => <Text part={part()} streaming={isStreaming()} />}
      </Match>
      <Match when={props.part.type === "reasoning" && props.part}>
        {(part) => <Reasoning part={part()} streaming={isStreaming()} />}
      </Match>
      <Match when={props.part.type === "tool-call" && props.part}>
        {(part) => (
          <Show
            when={part().subagent}
            fallback={<ToolCard part={part()} runId={props.message.runId} />}
          >
            {(subagent) => (
              <SubagentCard part={part()} subagent={subagent()} runId={props.message.runId} />
            )}
          </Show>
        )}
      </Match>
      <Match when={props.part.type === "other" && props.part}>
        {(part) => <OtherPartCard part={part()} />}
      </Match>
      <Match when={props.part.type === "plan" && props.part}>
        {(part) => <PlanList part={part()} runId={props.message.runId} />}
      </Match>
      <Match when={props.part.type === "interruption" && props.part}>
        {(part) => (
          <Show when={interruptionWords(part(), props, session)}>
            {(words) => <Interruption words={words()} isError={part().error !== undefined} />}
          </Show>
        )}
      </Match>
    </Switch>
  );
}

function Text(props: { part: TextPart; streaming: boolean }) {
  return (
    <Show when={props.part.text.trim() !== ""}>
      <Markdown text={props.part.text} streaming={props.streaming} />
    </Show>
  );
}

function Interruption(props: { words: string; isError: boolean }) {
  return (
    <p
      class={styles.interruption}
      classList={{ [styles.quiet!]: props.isError }}
      data-testid="interruption"
    >
      <span>
        <VisibleText text={props.words} />
      </span>
    </p>
  );
}
