/** Buffers events for the session: they are applied once per painted frame, except those that cannot wait. */
import { onCleanup } from "solid-js";
import { produce, type SetStoreFunction } from "solid-js/store";
import { apply } from "../../shared/apply";
import type { Session, SessionEvent } from "../../shared/protocol";
import { host } from "./host";

export interface EventBuffer {
  push: (event: SessionEvent) => void;
  /** Applies what is waiting at once, for example before the server is asked for what came after the last event. */
  flush: () => void;
}

/** `onFailed`: an event could not be applied, which is a bug. The others are; the session is not as the server has it. */
export function createEventBuffer(
  setSession: SetStoreFunction<Session>,
  onApplied: (events: SessionEvent[]) => void,
  onFailed: (error: unknown) => void,
): EventBuffer {
  let waiting: SessionEvent[] = [];
  let cancelFrame: (() => void) | undefined;

  function push(event: SessionEvent): void {
    waiting.push(event);
    if (urgent.has(event.type)) return flush();
    cancelFrame ??= host().schedule(flush);
  }

  function flush(): void {
    cancel();
    if (waiting.length === 0) return;
    const events = waiting;
    waiting = [];
    const applied: SessionEvent[] = [];
    attempt(() =>
      setSession(
        produce((session) => {
          for (const event of events)
            attempt(() => {
              apply(session, event);
              applied.push(event);
            });
        }),
      ),
    );
    onApplied(applied);
  }

  /** What is shown of the session is worked out at once, and can fail as well. */
  function attempt(run: () => void): void {
    try {
      run();
    } catch (error) {
      onFailed(error);
    }
  }

  function cancel(): void {
    cancelFrame?.();
    cancelFrame = undefined;
  }

  onCleanup(cancel);
  return { push, flush };
}

const urgent = new Set<SessionEvent["type"]>([
  "snapshot",
  "run-start",
  "run-stopping",
  "run-end",
  "approval-request",
]);
