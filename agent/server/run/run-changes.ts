/** What a run has changed, told with its end when it is known soon, and after it otherwise: no stop is to be felt. */
import type { Changes } from "../../shared/protocol";
import type { SessionRegistry } from "../session/session-registry";
import { notYet } from "../undo/change-summary";
import type { Undo } from "../undo/undo";

const soonMs = 300;

/** Resolves with the changes, or with "pending" after 300 ms: then `late` is given them. `ending` never rejects. */
export async function changesSoon(
  ending: Promise<Changes>,
  late: (changes: Changes) => void,
): Promise<Changes> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), soonMs);
  const changes = await Promise.race([ending, promise]);
  clearTimeout(timer);
  if (changes !== undefined) return changes;
  void ending.then(late);
  return notYet;
}

/** Looks at what an earlier server had no time for, or was killed before it could, and tells it as it becomes known. */
export function recoverChanges(sessions: SessionRegistry, undo: Undo): void {
  for (const { sessionId, runId } of sessions.pendingChanges())
    void undo.recover(runId).then((changes) => tellChanges(sessions, sessionId, runId, changes));
}

export function tellChanges(
  sessions: SessionRegistry,
  sessionId: string,
  runId: string,
  changes: Changes,
): void {
  sessions.getReadable(sessionId)?.emit({ type: "run-changes", runId, changes });
}
