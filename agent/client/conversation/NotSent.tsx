/** Says quietly below a user's message which of its files the model that answered did not take. */
import { createMemo, Show } from "solid-js";
import { filesOf } from "../../shared/message-parts";
import type { Message } from "../../shared/protocol";
import { type ReadingModel, whyNotTaken } from "../../shared/taken-files";
import { VisibleText } from "../components/VisibleText";
import { useClient, useOpen } from "../state/client";
import { findModel } from "../state/model-list";
import text from "../styles/text-styles.module.css";
import styles from "./UserMessage.module.css";

export function NotSent(props: { message: Message }) {
  const { session } = useOpen();
  const { models } = useClient().models;
  const words = createMemo(() => {
    const answer = answerTo(props.message, session.messages);
    if (answer?.provider === undefined || answer.model === undefined) return undefined;
    const { provider, model } = answer;
    const takes = findModel(models(), provider, model)?.takes;
    return notSentWords(props.message, { provider, model, takes });
  });
  return (
    <Show when={words()}>
      {(said) => (
        <p class={`${text.note} ${styles.notSent}`} data-testid="not-sent">
          <VisibleText text={said()} />
        </p>
      )}
    </Show>
  );
}

function answerTo({ id, runId }: Message, messages: Message[]): Message | undefined {
  const rest = messages.slice(messages.findIndex((message) => message.id === id) + 1);
  return rest.find(
    (message) => message.runId === runId && message.role === "assistant" && !message.summary,
  );
}

function notSentWords(message: Message, reader: ReadingModel): string | undefined {
  const files = filesOf(message);
  const refused = files.flatMap((file) => {
    const why = whyNotTaken(file, reader);
    return why === undefined ? [] : [{ name: file.name, why }];
  });
  const byReason = [...Map.groupBy(refused, ({ why }) => why)];
  const lines = byReason.map(([why, some]) => {
    const which = some.map(({ name }) => name).join(", ");
    const names = some.length === files.length ? "" : ` (${which})`;
    return `Not sent to ${reader.model}${names}: ${why}.`;
  });
  return lines.length === 0 ? undefined : lines.join("\n");
}
