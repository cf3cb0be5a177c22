/** Shown while nothing is being written: what the run waits for, and since when where that says something. */
import { createMemo, type JSX, Show } from "solid-js";
import type { Message, Run } from "../../shared/protocol";
import { Elapsed } from "../components/Elapsed";
import { VisibleText } from "../components/VisibleText";
import { createNow } from "../state/clock";
import {
  beginningWait,
  silenceWords,
  silentSince,
  unseenAfterMs,
  unseenWords,
} from "../state/waiting-words";
import text from "../styles/text-styles.module.css";

export interface WaitingLineProps {
  messages: Message[];
  stopping: boolean;
  paused: boolean;
  /** Absent for a subagent. */
  run?: Run;
  /** The name of the session's engine. */
  engine?: string | undefined;
  usesOwnLogin?: boolean;
}

export function WaitingLine(props: WaitingLineProps) {
  const begun = () => beginningWait(props.stopping ? undefined : props.run, props.engine);
  const since = createMemo(() => silentSince(props.messages.at(-1)));
  return (
    <Show
      when={begun()}
      fallback={
        <Show when={!props.paused && since()}>
          {(since) => (
            <p class={text.note} aria-hidden="true">
              <Silence {...props} since={since()} />
            </p>
          )}
        </Show>
      }
    >
      {(wait) => (
        <p class={text.note} data-testid={wait().id}>
          <Breathing>
            <VisibleText text={wait().words} />
          </Breathing>{" "}
          <Elapsed from={wait().since} />
        </p>
      )}
    </Show>
  );
}

function Silence(props: WaitingLineProps & { since: number }) {
  const asker = () => (props.usesOwnLogin ? props.engine : undefined);
  const words = () => silenceWords(props.stopping, asker());
  return (
    <Show when={!props.stopping} fallback={words()}>
      <Breathing>
        <VisibleText text={words()} />
      </Breathing>
      <Show when={asker() !== undefined}>
        <Unseen since={props.since} />
      </Show>
    </Show>
  );
}

function Unseen(props: { since: number }) {
  const now = createNow();
  return (
    <Show when={now() - props.since > unseenAfterMs}>
      {" "}
      <Elapsed from={props.since} />. {unseenWords()}
    </Show>
  );
}

function Breathing(props: { children: JSX.Element }) {
  return <span class={text.breathing}>{props.children}</span>;
}
