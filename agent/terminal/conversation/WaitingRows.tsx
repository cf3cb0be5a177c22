/** @jsxImportSource @opentui/solid */
/** Shown while nothing is being written: what the run waits for, and since when where that says something. */
import { createMemo, Show } from "solid-js";
import type { Message, Run } from "../../shared/protocol";
import { createNow } from "../../client/state/clock";
import {
  beginningWait,
  silenceWords,
  silentSince,
  unseenAfterMs,
  unseenWords,
} from "../../client/state/waiting-words";
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

function Silence(props: WaitingRowsProps & { since: number }) {
  const now = createNow();
  const took = createElapsed(
    () => props.since,
    () => undefined,
  );
  const words = () => {
    const asker = props.usesOwnLogin ? props.engine : undefined;
    const said = silenceWords(props.stopping, asker);
    const isUnseen = !props.stopping && asker !== undefined && now() - props.since > unseenAfterMs;
    return isUnseen ? `${said} ${took()}. ${unseenWords()}` : said;
  };
  return <Words pieces={[{ text: words(), color: "muted" }]} />;
}
