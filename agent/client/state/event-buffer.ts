/** Buffers events for the session: they are applied once per animation frame, except those that cannot wait. */
import { onCleanup } from "solid-js";
import { produce, type SetStoreFunction } from "solid-js/store";
import { apply } from "../../shared/apply";
import type { Session, SessionEvent } from "../../shared/protocol";

export interface EventBuffer {
  push: (event: SessionEvent) => void;
  /** Applies what is waiting at once, for example before the server is asked for what came after the last event. */
  flush: () => void;
}

/** A hidden tab has no animation frames. */
const hiddenMs = 250;

export function createEventBuffer(
  setSession: SetStoreFunction<Session>,
  onApplied: (events: SessionEvent[]) => void,
): EventBuffer {
  let waiting: SessionEvent[] = [];
  let frame: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function push(event: SessionEvent): void {
    waiting.push(event);
    if (urgent.has(event.type)) return flush();
    if (document.hidden) timer ??= setTimeout(flush, hiddenMs);
    else frame ??= requestAnimationFrame(flush);
  }

  function flush(): void {
    cancel();
    if (waiting.length === 0) return;
    const events = waiting;
    waiting = [];
    setSession(
      produce((session) => {
        for (const event of events) apply(session, event);
      }),
    );
    onApplied(events);
  }

  function cancel(): void {
    if (frame !== undefined) cancelAnimationFrame(frame);
    clearTimeout(timer);
    frame = timer = undefined;
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
