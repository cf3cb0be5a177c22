/** What a run changed: part of its end when it is known soon, and an event of its own otherwise. A stop does not wait for it. */
import type { Changes } from "../../shared/protocol";
import { log } from "../log";
import type { SessionRegistry } from "../session/session-registry";
import { notYet } from "../undo/change-summary";
import type { Undo } from "../undo/undo";

const soonMs = 300;

/** Resolves with the changes, or with `notYet` after 300 ms. `ending` never rejects. */
export async function changesSoon(ending: Promise<Changes>): Promise<Changes> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), soonMs);
  const changes = await Promise.race([ending, promise]);
  clearTimeout(timer);
  return changes ?? notYet;
}

/** Finds out the changes of runs that an earlier server left pending, and emits each as it becomes known. */
export function recoverChanges(sessions: SessionRegistry, undo: Undo): void {
  tellReversals(sessions, undo);
  for (const { sessionId, runId } of sessions.pendingChanges())
    undo
      .recover(runId)
      .then((changes) => emitChanges(sessions, sessionId, runId, changes))
      .catch((err: unknown) =>
        log.error({ err, sessionId, runId }, "The changes of a run could not be recovered"),
      );
}

/**
 * Says in the sessions which runs are undone or redone, as the records of the undo have it. What a kill or a full disk keeps
 * from a session is said again at the next call. Never throws.
 */
export function tellReversals(sessions: SessionRegistry, undo: Undo): void {
  try {
    for (const { sessionId, runId, changes } of undo.untold()) {
      emitChanges(sessions, sessionId, runId, changes);
      if (!sessions.holds(sessionId)) undo.told(runId);
    }
  } catch (err) {
    log.error({ err }, "Which runs are undone could not be told to their sessions");
  }
}

export function emitChanges(
  sessions: SessionRegistry,
  sessionId: string,
  runId: string,
  changes: Changes,
): void {
  sessions.getReadable(sessionId)?.emit({ type: "run-changes", runId, changes });
}
