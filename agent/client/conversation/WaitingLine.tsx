/** Shown while the model has not written its first word yet. */
import { createMemo, Show } from "solid-js";
import type { Message } from "../../shared/protocol";
import text from "../styles/text-styles.module.css";

export function WaitingLine(props: { messages: Message[]; stopping: boolean; paused: boolean }) {
  const isSilent = createMemo(() => {
    const last = props.messages.at(-1);
    return (
      last === undefined ||
      last.role === "user" ||
      last.outcome !== undefined ||
      last.parts.length === 0
    );
  });
  return (
    <Show when={isSilent() && !props.paused}>
      <p class={text.note} aria-hidden="true">
        <span class={props.stopping ? undefined : text.breathing}>
          {props.stopping ? "Stopping" : "Waiting for the model"}
        </span>
      </p>
    </Show>
  );
}
