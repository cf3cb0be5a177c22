/** Shown while the model has not written its first word yet, and while a request waits for a free connection. */
import { createMemo, Show } from "solid-js";
import { Elapsed } from "../components/Elapsed";
import type { Message } from "../../shared/protocol";
import text from "../styles/text-styles.module.css";

export interface WaitingLineProps {
  messages: Message[];
  stopping: boolean;
  paused: boolean;
  connecting?: { since: number } | undefined;
}

export function WaitingLine(props: WaitingLineProps) {
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
    <Show
      when={props.stopping ? undefined : props.connecting}
      fallback={<Silence {...props} isSilent={isSilent()} />}
    >
      {(connecting) => (
        <p class={text.note} data-testid="connecting">
          <span class={text.breathing}>Waiting for a free connection</span>{" "}
          <Elapsed from={connecting().since} />
        </p>
      )}
    </Show>
  );
}

function Silence(props: WaitingLineProps & { isSilent: boolean }) {
  return (
    <Show when={props.isSilent && !props.paused}>
      <p class={text.note} aria-hidden="true">
        <span class={props.stopping ? undefined : text.breathing}>
          {props.stopping ? "Stopping" : "Waiting for the model"}
        </span>
      </p>
    </Show>
  );
}
