/** What a run changed: part of its end when it is known soon, and an event of its own otherwise. A stop does not wait for it. */
import type { Changes, Outcome } from "../../shared/protocol";
import { log } from "../log";
import type { SessionRegistry } from "../session/session-registry";
import { notYet } from "../undo/change-summary";
import type { RunWatch, Undo } from "../undo/undo";

const soonMs = 300;

/** The changes of one run in its directory. */
export class RunChanges {
  readonly watch: RunWatch;
  readonly #sessions: SessionRegistry;
  readonly #sessionId: string;
  readonly #runId: string;
  #ending: Promise<Changes> | undefined;

  constructor(sessions: SessionRegistry, watch: RunWatch, sessionId: string, runId: string) {
    this.watch = watch;
    this.#sessions = sessions;
    this.#sessionId = sessionId;
    this.#runId = runId;
  }

  /**
   * To be called when nothing of the run lives any more. Resolves with its changes, or with `notYet`: when they are not known
   * after 300 ms, and at once after a stop when anything has to be compared. Never rejects.
   */
  async soon(outcome: Outcome): Promise<Changes> {
    if (outcome === "stopped" && this.watch.hasBegun) return notYet;
    this.#ending = this.watch.end();
    return unlessLate(this.#ending);
  }

  /** Emits the changes that `soon` did not know, as soon as they are known. Never throws. */
  follow(): void {
    const [sessionId, runId] = [this.#sessionId, this.#runId];
    (this.#ending ?? this.watch.end())
      .then((changes) => {
        // Pending: this server ends before it is known.
        if (changes.state !== "pending") emitChanges(this.#sessions, sessionId, runId, changes);
      })
      .catch((err: unknown) =>
        log.error({ err, sessionId, runId }, "The changes of a run could not be emitted"),
      );
  }
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

function emitChanges(
  sessions: SessionRegistry,
  sessionId: string,
  runId: string,
  changes: Changes,
): void {
  sessions.getReadable(sessionId)?.emit({ type: "run-changes", runId, changes });
}

async function unlessLate(ending: Promise<Changes>): Promise<Changes> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), soonMs);
  const changes = await Promise.race([ending, promise]);
  clearTimeout(timer);
  return changes ?? notYet;
}
