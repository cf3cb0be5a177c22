/** The comparisons under way, each of which finds out what a run has changed: an undo of the run waits for it, and so does the shutdown. */
import type { Changes } from "../../shared/protocol";
import { within } from "../abort";
import { log } from "../log";
import { UndoError } from "./undo-error";

/** An undo waits no longer than this. */
const maxWaitMs = 10_000;

export class Comparisons {
  readonly #byRun = new Map<string, Promise<Changes>>();

  /** Returns the comparison that it is given. */
  add(runId: string, comparison: Promise<Changes>): Promise<Changes> {
    this.#byRun.set(runId, comparison);
    comparison
      .finally(() => this.#byRun.delete(runId))
      .catch((err: unknown) => log.error({ err }, "The changes of a run were lost"));
    return comparison;
  }

  /** Waits while the run's is under way. Throws UndoError after ten seconds, or the signal's reason when that aborts first. */
  async settled(runId: string, signal: AbortSignal): Promise<void> {
    const comparison = this.#byRun.get(runId);
    if (comparison === undefined) return;
    await within(maxWaitMs, comparison, signal);
    signal.throwIfAborted();
    if (this.#byRun.get(runId) !== comparison) return;
    throw new UndoError(
      409,
      "comparing",
      "What this run changed is still being compared. Try again in a moment.",
    );
  }

  /** Resolves when those that are under way now are over. */
  async allSettled(): Promise<void> {
    await Promise.all(this.#byRun.values());
  }
}
