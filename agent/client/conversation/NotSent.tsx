/** Says quietly below a user's message which of its files the model that answered did not take. */
import { createMemo, Show } from "solid-js";
import type { Message } from "../../shared/protocol";
import { VisibleText } from "../components/VisibleText";
import { useClient, useOpen } from "../state/client";
import { notSentWords } from "../state/message-words";
import text from "../styles/text-styles.module.css";
import styles from "./UserMessage.module.css";

export function NotSent(props: { message: Message }) {
  const { session } = useOpen();
  const { engines, models } = useClient();
  const words = createMemo(() =>
    notSentWords(props.message, session, models.models(), engines.engines()),
  );
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
