/** What runs change in their working directories: recorded, shown, taken back, and done again. */
import { mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import type { Changes, ChangesAnswer, UndoAnswer } from "../../shared/protocol";
import type { Jobs } from "../processes/jobs";
import { decide, type Decisions, findAll, keepOverwritten } from "./conflict-check";
import { shown } from "./git/git-path";
import { finish, RunRecorder, unknownBy } from "./run-recorder";
import { overlaps, UndoRecords, type RunRecord } from "./undo-records";
import { restore, RestoreError, type Task } from "./restore";
import { changesOf, nothing, reasonOf, unknown } from "./change-summary";
import { UndoError } from "./undo-error";
import { viewFiles } from "./changes-view";
import { forgetDirectory, Workspace } from "./workspace";

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
  readonly #ending = new Set<Promise<Changes>>();
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
   * Begins to look at the directory at once, and does not wait for it. A run that an earlier server had begun goes on
   * with what was recorded then. Never throws.
   */
  begin(session: { id: string; cwd: string }, runId: string): RunWatch {
    const reason = unavailable(session.cwd);
    if (reason !== undefined)
      return { ready: async () => undefined, end: async () => unknown(reason) };
    const workspace = this.#workspace(realpathSync(session.cwd));
    const recording = new RunRecorder(workspace, this.#records, { sessionId: session.id, runId });
    for (const other of this.#working)
      if (overlaps(other.workspace.directory, workspace.directory))
        other.isShared = recording.isShared = true;
    this.#working.add(recording);
    return {
      ready: (signal) => recording.ready(signal),
      end: () => this.#track(recording.end().finally(() => this.#working.delete(recording))),
    };
  }

  /**
   * What a run has changed whose server ended before that was known, as far as it can be known still; "pending" when this
   * one ends before. Never rejects.
   */
  recover(runId: string): Promise<Changes> {
    return this.#track(this.#recover(runId));
  }

  /** What a run changed, with diffs, and how its files stand now. Throws UndoError, or the signal's reason. */
  async view(runId: string, signal: AbortSignal): Promise<Omit<ChangesAnswer, "changes">> {
    const record = this.#find(runId);
    const newer = this.#records.newer(record.directory, record.at);
    return { files: await viewFiles(this.#workspace(record.directory), record, signal), newer };
  }

  /** Takes back what a run changed. Throws UndoError, and then nothing has changed. */
  undo(runId: string, decisions: Decisions, signal: AbortSignal): Promise<UndoAnswer> {
    return this.#put(runId, "undo", decisions, signal);
  }

  /** Takes an undo back. */
  redo(runId: string, decisions: Decisions, signal: AbortSignal): Promise<UndoAnswer> {
    return this.#put(runId, "redo", decisions, signal);
  }

  /** A session is gone, and with it whatever could be undone of it. */
  async forget(sessionId: string): Promise<void> {
    for (const directory of this.#records.forget(sessionId)) {
      const workspace = this.#workspace(directory);
      this.#workspaces.delete(directory);
      await workspace.inTurn(() => forgetDirectory(directory, this.#home));
    }
  }

  /**
   * Before the end of the server: resolves when everything that was being looked at is known, and whoever waited for it
   * has heard. What is not when `signal` aborts is given up: it is "pending", and for the next server to look at.
   */
  async settle(signal: AbortSignal): Promise<void> {
    const giveUp = (): void => this.#closing.abort();
    if (signal.aborted) giveUp();
    else signal.addEventListener("abort", giveUp, { once: true });
    await Promise.all([...this.#working].map((recording) => recording.atRest()));
    await Promise.all(this.#ending);
    giveUp();
  }

  close(): void {
    this.#records.close();
  }

  #track(ending: Promise<Changes>): Promise<Changes> {
    this.#ending.add(ending);
    void ending.then(() => this.#ending.delete(ending));
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
      return unknownBy(workspace, reasonOf(error));
    }
  }

  async #put(
    runId: string,
    way: "undo" | "redo",
    decisions: Decisions,
    signal: AbortSignal,
  ): Promise<UndoAnswer> {
    const { directory } = this.#find(runId);
    const workspace = this.#workspace(directory);
    return workspace.inTurn(async () => {
      this.#refuseIfBusy(directory);
      const record = this.#find(runId);
      if ((record.undoneAt === undefined) === (way === "redo"))
        throw new UndoError(409, "already", already[way]);
      if (!decisions.evenIfNotNewest) this.#refuseIfNotNewest(record);
      const { tasks, spared } = decide(await findAll(record, signal), decisions);
      await keepOverwritten(workspace, tasks, signal);
      await put(workspace, tasks, signal);
      if (tasks.length > 0 || spared.length === 0) this.#turn(record, way, tasks);
      return { changes: changesOf(record), restored: tasks.length, spared: spared.map(shown) };
    });
  }

  /** From now on the same steps lead the other way. */
  #turn(record: RunRecord, way: "undo" | "redo", tasks: Task[]): void {
    record.at = Date.now();
    record.steps = tasks.map(({ step: { name, wanted }, found: { state } }) => ({
      name,
      ...(wanted && { expected: wanted }),
      ...(state && { wanted: state }),
    }));
    delete record.undoneAt;
    delete record.redoneAt;
    record[way === "undo" ? "undoneAt" : "redoneAt"] = record.at;
    this.#records.write(record);
  }

  #find(runId: string): RunRecord {
    const record = this.#records.find(runId);
    if (record?.after !== undefined) return record;
    throw new UndoError(404, "no-record", "Nothing is recorded of what this run changed.");
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

  #refuseIfNotNewest(record: RunRecord): void {
    const newer = this.#records.newer(record.directory, record.at);
    if (newer.length === 0) return;
    const runs = newer.length === 1 ? "A later run has" : `${newer.length} later runs have`;
    const message = `${runs} changed this directory too. Undo the newest first, or say that it is to be done all the same (evenIfNotNewest).`;
    throw new UndoError(409, "not-newest", message);
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

async function put(workspace: Workspace, tasks: Task[], signal: AbortSignal): Promise<void> {
  try {
    await restore(workspace.git, workspace.place, workspace.directory, tasks, signal);
  } catch (error) {
    if (!(error instanceof RestoreError)) throw error;
    throw new UndoError(500, "failed", error.message, { cause: error });
  }
}

const already = {
  undo: "This run is undone already.",
  redo: "This run has not been undone.",
};

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
