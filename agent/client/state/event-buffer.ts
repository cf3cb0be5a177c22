/** Events on their way into the session: applied once per frame of the screen, except those that cannot wait. */
import { onCleanup } from "solid-js";
import { produce, type SetStoreFunction } from "solid-js/store";
import { apply } from "../../shared/apply";
import type { Session, SessionEvent } from "../../shared/protocol";

export interface Feed {
  push(event: SessionEvent): void;
  /** Applies what is waiting now: before asking for "what came after", for example. */
  flush(): void;
}

/** Frames of the screen do not come in a hidden tab. */
const hiddenMs = 250;

export function createFeed(
  setSession: SetStoreFunction<Session>,
  onApplied: (events: SessionEvent[]) => void,
): Feed {
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
