/** @jsxImportSource @opentui/solid */
/** Shown while nothing is being written: what the run waits for, and since when where that says something. */
import { createMemo, Show } from "solid-js";
import type { Message, Run } from "../../shared/protocol";
import { createNow } from "../../client/state/clock";
import { beginningWait, silentSince } from "../../client/state/waiting-words";
import { createElapsed } from "./elapsed-words";
import { Words } from "./Words";

export interface WaitingRowsProps {
  messages: Message[];
  stopping: boolean;
  paused: boolean;
  /** Absent for a subagent. */
  run?: Run;
  /** The name of the session's engine. */
  engine?: string | undefined;
  usesOwnLogin?: boolean;
}

export function WaitingRows(props: WaitingRowsProps) {
  const begun = () => beginningWait(props.stopping ? undefined : props.run, props.engine);
  const since = createMemo(() => silentSince(props.messages.at(-1)));
  const took = createElapsed(
    () => begun()?.since,
    () => undefined,
  );
  return (
    <Show
      when={begun()}
      fallback={
        <Show when={!props.paused && since()}>
          {(from) => <Silence {...props} since={from()} />}
        </Show>
      }
    >
      {(wait) => <Words pieces={[{ text: `${wait().words} ${took()}`, color: "muted" }]} />}
    </Show>
  );
}

/** It may be told after this long that nothing more is known. */
const longMs = 5_000;

function Silence(props: WaitingRowsProps & { since: number }) {
  const now = createNow();
  const took = createElapsed(
    () => props.since,
    () => undefined,
  );
  const words = () => {
    if (props.stopping) return "Stopping…";
    // An engine that asks its model by its own log-in.
    const asker = props.usesOwnLogin ? props.engine : undefined;
    if (asker === undefined) return "Waiting for the model";
    if (now() - props.since <= longMs) return `Waiting for ${asker}`;
    return `Waiting for ${asker} ${took()}. It uses its own log-in: Rein does not see what it waits for.`;
  };
  return <Words pieces={[{ text: words(), color: "muted" }]} />;
}
