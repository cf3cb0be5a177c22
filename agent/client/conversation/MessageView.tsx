/** One message: the user's text, or the parts of an assistant's message. */
import { For, Match, Show, Switch } from "solid-js";
import {
  type InterruptionPart,
  type Message,
  type Part,
  type TextPart,
} from "../../shared/protocol";
import { emptyAnswer, filesOf, markText, refusalTexts, textOf } from "../../shared/message-parts";
import { VisibleText } from "../components/VisibleText";
import { Markdown } from "../markdown/Markdown";
import styles from "./MessageView.module.css";
import { OtherPartCard } from "./OtherPartCard";
import { Reasoning } from "./Reasoning";
import { UserMessage } from "./UserMessage";
import { SubagentCard } from "./SubagentCard";
import { SummaryCard } from "./SummaryCard";
import { ToolCard } from "./ToolCard";

export function MessageView(props: { message: Message }) {
  return (
    <Show
      when={props.message.role === "assistant"}
      fallback={<UserMessage text={textOf(props.message)} files={filesOf(props.message)} />}
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
        <Show when={props.message.summary} fallback={<Parts message={props.message} />}>
          <SummaryCard message={props.message}>
            <Parts message={props.message} />
          </SummaryCard>
        </Show>
      </article>
    </Show>
  );
}

function Parts(props: { message: Message }) {
  return (
    <div class={styles.parts}>
      <For each={props.message.parts}>
        {(part) => <PartView part={part} message={props.message} />}
      </For>
    </div>
  );
}

function PartView(props: { part: Part; message: Message }) {
  const isStreaming = () =>
    props.message.outcome === undefined && props.message.parts.at(-1)?.id === props.part.id;
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
      <Match when={props.part.type === "interruption" && props.part}>
        {(part) => <Interruption part={part()} isContinued={props.message.outcome === "failed"} />}
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

function Interruption(props: { part: InterruptionPart; isContinued: boolean }) {
  const isCut = () => props.part.error !== undefined && props.part.error.code !== emptyAnswer;
  return (
    <p
      class={styles.interruption}
      classList={{ [styles.quiet!]: props.part.error !== undefined }}
      data-testid="interruption"
    >
      <span>
        <VisibleText text={markText(props.part)} />
        <Show when={isCut() && props.isContinued}> Continued below.</Show>
      </span>
    </p>
  );
}
