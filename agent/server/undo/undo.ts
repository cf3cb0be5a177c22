/** What runs change in their working directories: recorded, shown, undone and redone. */
import { mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import type { Changes, ChangesAnswer, UndoAnswer } from "../../shared/protocol";
import { within } from "../abort";
import { log } from "../log";
import type { Jobs } from "../processes/jobs";
import { changesOf, nothing, reasonOf, unknown } from "./change-summary";
import { viewFiles } from "./changes-view";
import type { Decisions } from "./conflict-check";
import { finish, RunRecorder, unknownChanges } from "./run-recorder";
import { findRecord, undoOrRedo, type Way } from "./undo-and-redo";
import { UndoError } from "./undo-error";
import { overlaps, UndoRecords } from "./undo-records";
import { forgetDirectory, Workspace } from "./workspace";

/** An undo waits no longer than this for the comparison. */
const maxWaitMs = 10_000;

/** The record of a run while it works. */
export interface RunWatch {
  /** To be awaited before anything may write. Throws the signal's reason when that aborts first, and nothing else. */
  ready(signal: AbortSignal): Promise<void>;
  /** What has changed; to be called once, when the run has settled. Never rejects. */
  end(): Promise<Changes>;
}

export class Undo {
  readonly #home: string;
  readonly #dataDir: string;
  readonly #jobs: Jobs;
  readonly #records: UndoRecords;
  readonly #workspaces = new Map<string, Workspace>();
  readonly #working = new Set<RunRecorder>();
  /** The comparisons that are under way, by run. */
  readonly #ending = new Map<string, Promise<Changes>>();
  readonly #closing = new AbortController();

  /** Keeps everything under `dataDir`, which is absolute. */
  constructor(dataDir: string, jobs: Jobs) {
    this.#dataDir = realpathSync(dataDir);
    this.#home = join(this.#dataDir, "undo");
    this.#jobs = jobs;
    mkdirSync(this.#home, { recursive: true, mode: 0o700 });
    this.#records = new UndoRecords(join(this.#home, "undo.db"));
  }

  /**
   * Begins the first snapshot of the directory, and does not wait for it. A run that an earlier server began goes on with
   * the snapshot of that time. Never throws.
   */
  begin(session: { id: string; cwd: string }, runId: string): RunWatch {
    const reason = unavailable(session.cwd);
    if (reason !== undefined)
      return { ready: async () => undefined, end: async () => unknown(reason) };
    const workspace = this.#workspace(realpathSync(session.cwd));
    const recorder = new RunRecorder(workspace, this.#records, { sessionId: session.id, runId });
    for (const other of this.#working)
      if (overlaps(other.workspace.directory, workspace.directory))
        other.isShared = recorder.isShared = true;
    this.#working.add(recorder);
    return {
      ready: (signal) => recorder.ready(signal),
      end: () =>
        this.#track(
          runId,
          recorder.end().finally(() => this.#working.delete(recorder)),
        ),
    };
  }

  /**
   * What a run changed whose server ended before that was known, as far as it can still be determined; "pending" when
   * this server shuts down before. Never rejects.
   */
  recover(runId: string): Promise<Changes> {
    return this.#track(runId, this.#recover(runId));
  }

  /** What a run changed, with diffs, and the state of its files now. Throws UndoError, or the signal's reason. */
  async view(runId: string, signal: AbortSignal): Promise<Omit<ChangesAnswer, "changes">> {
    const record = findRecord(this.#records, runId);
    const newer = this.#records.newer(record.directory, record.at);
    return { files: await viewFiles(this.#workspace(record.directory), record, signal), newer };
  }

  /**
   * Restores what a run changed; waits up to 10 s while that is still being compared. Throws UndoError or the signal's
   * reason; then nothing has changed.
   */
  undo(runId: string, decisions: Decisions, signal: AbortSignal): Promise<UndoAnswer> {
    return this.#change(runId, "undo", decisions, signal);
  }

  /** Reverses an undo. Throws as `undo` does. */
  redo(runId: string, decisions: Decisions, signal: AbortSignal): Promise<UndoAnswer> {
    return this.#change(runId, "redo", decisions, signal);
  }

  /** Deletes the records of a session that was deleted, and the snapshots that no other session needs. */
  async forget(sessionId: string): Promise<void> {
    for (const directory of this.#records.forget(sessionId)) {
      const workspace = this.#workspace(directory);
      this.#workspaces.delete(directory);
      await workspace.inTurn(() => forgetDirectory(directory, this.#home));
    }
  }

  /**
   * Before the shutdown: resolves when the changes of every settled run are known and have been returned. What is not
   * known when `signal` aborts is given up: it is "pending", for the next server to determine.
   */
  async settle(signal: AbortSignal): Promise<void> {
    const giveUp = (): void => this.#closing.abort();
    if (signal.aborted) giveUp();
    else signal.addEventListener("abort", giveUp, { once: true });
    await Promise.all([...this.#working].map((recorder) => recorder.settled()));
    await Promise.all(this.#ending.values());
    giveUp();
  }

  close(): void {
    this.#records.close();
  }

  #track(runId: string, ending: Promise<Changes>): Promise<Changes> {
    this.#ending.set(runId, ending);
    ending
      .finally(() => this.#ending.delete(runId))
      .catch((err: unknown) => log.error({ err }, "The changes of a run were lost"));
    return ending;
  }

  async #recover(runId: string): Promise<Changes> {
    const record = this.#records.find(runId);
    if (record === undefined) return nothing;
    if (record.after !== undefined) return changesOf(record);
    const workspace = this.#workspace(record.directory);
    try {
      return await finish(workspace, this.#records, record, false);
    } catch (error) {
      return unknownChanges(workspace, reasonOf(error));
    }
  }

  async #change(
    runId: string,
    way: Way,
    decisions: Decisions,
    signal: AbortSignal,
  ): Promise<UndoAnswer> {
    await this.#compared(runId, signal);
    const { directory } = findRecord(this.#records, runId);
    const workspace = this.#workspace(directory);
    return workspace.inTurn(() => {
      this.#refuseIfBusy(directory);
      const record = findRecord(this.#records, runId);
      return undoOrRedo(workspace, this.#records, record, way, decisions, signal);
    });
  }

  /** Waits while it is still being found out what the run has changed. */
  async #compared(runId: string, signal: AbortSignal): Promise<void> {
    const ending = this.#ending.get(runId);
    if (ending === undefined) return;
    await within(maxWaitMs, ending, signal);
    signal.throwIfAborted();
    if (this.#ending.get(runId) !== ending) return;
    throw new UndoError(
      409,
      "comparing",
      "What this run changed is still being compared. Try again in a moment.",
    );
  }

  #refuseIfBusy(directory: string): void {
    for (const { workspace } of this.#working)
      if (overlaps(workspace.directory, directory))
        throw new UndoError(
          409,
          "run-active",
          `A run is at work in ${workspace.directory}. Stop it first, or wait.`,
        );
  }

  #workspace(directory: string): Workspace {
    const workspace =
      this.#workspaces.get(directory) ??
      new Workspace(directory, this.#home, this.#dataDir, this.#jobs, this.#closing.signal);
    this.#workspaces.delete(directory);
    this.#workspaces.set(directory, workspace);
    return workspace;
  }
}

/** Why nothing can be recorded there. */
function unavailable(cwd: string): string | undefined {
  if (Bun.which("git") === null)
    return "Git is not installed on this machine: without it changes are not recorded, and cannot be undone.";
  try {
    realpathSync(cwd);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}
