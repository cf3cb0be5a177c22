/** One message: the user's text, or the parts of an assistant's message. */
import { For, Match, Show, Switch } from "solid-js";
import type { Message, Part, TextPart, ToolCallPart } from "../../shared/protocol";
import { filesOf, refusalTexts, textOf } from "../../shared/message-parts";
import { deferred } from "../components/deferred";
import { VisibleText } from "../components/VisibleText";
import { Markdown } from "../markdown/Markdown";
import { useOpen } from "../state/client";
import { interruptionWords, isWritten, type MessagePlace } from "../state/message-words";
import styles from "./MessageView.module.css";
import { Reasoning } from "./Reasoning";
import { NotSent } from "./NotSent";
import { UserMessage } from "./UserMessage";
import { ToolCard } from "./ToolCard";

const PlanList = deferred(async () => (await import("./PlanList")).PlanList);
const OtherPartCard = deferred(async () => (await import("./OtherPartCard")).OtherPartCard);
const SubagentCard = deferred(async () => (await import("./SubagentCard")).SubagentCard);
const SummaryCard = deferred(async () => (await import("./SummaryCard")).SummaryCard);
const MessageEdit = deferred(async () => (await import("./MessageEdit")).MessageEdit);
const MessageActions = deferred(async () => (await import("./MessageActions")).MessageActions);

/** `before`: the message before it, of the session itself; null for its first one. Undefined for those of subagents, with which nothing can be done. */
export function MessageView(props: MessagePlace & { before?: Message | null }) {
  const { editing } = useOpen();
  /** The first message of a run stands for all that was said in it. */
  const isFirst = () => props.before !== undefined && props.before?.runId !== props.message.runId;
  const isEdited = () => isFirst() && editing.runId() === props.message.runId;
  return (
    <Show
      when={props.message.role === "assistant"}
      fallback={
        <Show
          when={isEdited()}
          fallback={
            <>
              <UserMessage
                text={textOf(props.message)}
                files={filesOf(props.message)}
                command={props.message.command}
                messageId={props.message.id}
                actions={
                  <Show when={props.before !== undefined}>
                    <MessageActions message={props.message} isFirst={isFirst()} />
                  </Show>
                }
              >
                <Show when={filesOf(props.message).length > 0}>
                  <NotSent message={props.message} />
                </Show>
              </UserMessage>
              <For each={askedCalls(props.message)}>
                {(part) => <ToolCard part={part} runId={props.message.runId} />}
              </For>
            </>
          }
        >
          <MessageEdit runId={props.message.runId} />
        </Show>
      }
    >
      <article
        class={styles.message}
        id={`m-${props.message.id}`}
        data-testid="message"
        data-role="assistant"
      >
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

/** The lines of a command, which are run before the model is asked. */
function askedCalls({ parts }: Message): ToolCallPart[] {
  return parts.filter((part): part is ToolCallPart => part.type === "tool-call");
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
