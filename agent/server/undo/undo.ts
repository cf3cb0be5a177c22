/** What runs change in their working directories: recorded, shown, undone and redone. */
import { mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import type { Changes, ChangesAnswer, UndoAnswer } from "../../shared/protocol";
import { sentence } from "../../shared/sentences";
import { log } from "../log";
import { settledOrAborted } from "../abort";
import type { Jobs } from "../processes/jobs";
import { changesOf, nothing, reasonOf, unknown } from "./change-summary";
import { viewFiles } from "./changes-view";
import { Comparisons } from "./comparisons";
import type { Decisions } from "./conflict-check";
import { isGone } from "./file-state";
import type { Move, OpenRestore } from "./restore-journal";
import { takeBack, workFolderPrefix } from "./restore";
import { finish, RunRecorder, unknownChanges } from "./run-recorder";
import type { Name } from "./git/git-path";
import type { FileState } from "./git/tree-diff";
import { findRecord, type Restored, undoOrRedo, type Way } from "./undo-and-redo";
import { UndoRecords } from "./undo-records";
import { WorkingRuns } from "./working-runs";
import { forgetDirectory, Workspace } from "./workspace";

export interface FirstStates {
  files: Map<Name, FileState | undefined>;
  /** In whole sentences. */
  unseen: string[];
  /** Where git finds their contents, and with which variables. */
  objects: { cwd: string; env: Record<string, string> };
}

const notCompared = sentence("A run is at work: what it changes is shown when it has ended.").text;

/** The record of a run while it works. */
export interface RunWatch {
  /** To be awaited before anything may write. Throws the signal's reason when that aborts first, and nothing else. */
  ready(signal: AbortSignal): Promise<void>;
  /**
   * A call begins that may write, and ends when this is disposed of: meanwhile nothing is undone there. Undefined when it
   * first has to wait, for `ready`.
   */
  write(): Disposable | undefined;
  /** Something may have been written: what has changed has to be compared. */
  readonly hasBegun: boolean;
  /** What has changed; to be called once, when the run has settled. Never rejects. */
  end(): Promise<Changes>;
}

/** Of a run that is not recorded: nothing waits for it, and it knows of no changes. */
export const unrecorded: RunWatch = {
  ready: async () => {},
  write: () => new DisposableStack(),
  hasBegun: false,
  end: async () => nothing,
};

export class Undo {
  readonly #home: string;
  readonly #dataDir: string;
  readonly #jobs: Jobs;
  readonly #records: UndoRecords;
  readonly #workspaces = new Map<string, Workspace>();
  readonly #working = new WorkingRuns();
  readonly #comparisons = new Comparisons();
  readonly #closing = new AbortController();

  /** Keeps everything under `dataDir`, which is absolute. */
  constructor(dataDir: string, jobs: Jobs) {
    this.#dataDir = realpathSync(dataDir);
    this.#home = join(this.#dataDir, "undo");
    this.#jobs = jobs;
    mkdirSync(this.#home, { recursive: true, mode: 0o700 });
    this.#records = new UndoRecords(join(this.#home, "undo.db"));
    for (const open of this.#records.openRestores()) this.#takeBack(open);
  }

  /**
   * Begins the first snapshot of the directory, and does not wait for it. A run that an earlier server began goes on with
   * the snapshot of that time. Never throws.
   */
  begin(session: { id: string; cwd: string }, runId: string): RunWatch {
    const reason = unavailable(session.cwd, this.#home);
    if (reason !== undefined) return { ...unrecorded, end: async () => unknown(reason) };
    const workspace = this.#workspace(realpathSync(session.cwd));
    const recorder = new RunRecorder(workspace, this.#records, { sessionId: session.id, runId });
    this.#working.add(recorder);
    return {
      ready: (signal) => this.#working.ready(recorder, signal),
      write: () => this.#working.write(recorder),
      get hasBegun() {
        return recorder.hasBegun;
      },
      end: () =>
        this.#comparisons.add(
          runId,
          recorder.end().finally(() => this.#working.remove(recorder)),
        ),
    };
  }

  /**
   * What a run changed whose server ended before that was known, as far as it can still be determined; "pending" when
   * this server shuts down before. Never rejects.
   */
  recover(runId: string): Promise<Changes> {
    return this.#comparisons.add(runId, this.#recover(runId));
  }

  /** What a run changed, with diffs, and the state of its files now. Throws UndoError, or the signal's reason. */
  async view(runId: string, signal: AbortSignal): Promise<Omit<ChangesAnswer, "changes">> {
    const record = findRecord(this.#records, runId);
    const newer = this.#records.newer(record);
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

  /**
   * Does something else with the files of a directory that is absolute and real, as an undo does it: after what was asked for
   * before, while no call of a run writes there. Throws UndoError when one does, or what `work` throws.
   */
  changeFiles<Answer>(directory: string, work: () => Promise<Restored<Answer>>): Promise<Answer> {
    return this.#workspace(directory).inTurn(() => this.#working.undo(directory, work));
  }

  /** How files of a directory were before the first of these runs, oldest first, that has changed them and is not undone. */
  firstStates(directory: string, runIds: readonly string[]): FirstStates {
    const files = new Map<Name, FileState | undefined>();
    const unseen = new Set<string>();
    for (const runId of runIds) {
      const record = this.#records.find(runId);
      if (record?.directory !== directory || record.undoneAt !== undefined) continue;
      if (record.after === undefined) unseen.add(notCompared);
      for (const words of record.unseen) unseen.add(words);
      for (const { name, before } of record.changes) if (!files.has(name)) files.set(name, before);
    }
    return { files, unseen: [...unseen], objects: this.#workspace(directory).objects };
  }

  /** The runs of which a session may not say whether they are undone, and what it has to say. */
  untold(): { sessionId: string; runId: string; changes: Changes }[] {
    return this.#records.untold().flatMap((runId) => {
      const record = this.#records.find(runId);
      if (record !== undefined)
        return { sessionId: record.sessionId, runId, changes: changesOf(record) };
      // Its session was deleted.
      this.#records.told(runId);
      return [];
    });
  }

  /** The session says on disk what is so. */
  told(runId: string): void {
    this.#records.told(runId);
  }

  /**
   * Deletes the records of a session that was deleted, and the snapshots that no other session needs: also those of its
   * directory, given that no session is left there.
   */
  async forget(sessionId: string, left?: string): Promise<void> {
    const directories = new Set(this.#records.forget(sessionId));
    if (left !== undefined) directories.add(realOr(left));
    for (const directory of directories)
      await this.#workspace(directory).inTurn(async () => {
        if (this.#records.hasRecords(directory) || this.#working.in(directory).length > 0) return;
        this.#workspaces.delete(directory);
        await forgetDirectory(directory, this.#home);
      });
  }

  /**
   * Before the shutdown: resolves when the changes of every settled run are known and have been returned, and nothing is
   * at work in a directory any more. What is not known when `signal` aborts is given up: it is "pending", for the next
   * server to determine.
   */
  async settle(signal: AbortSignal): Promise<void> {
    const giveUp = (): void => this.#closing.abort();
    if (signal.aborted) giveUp();
    else signal.addEventListener("abort", giveUp, { once: true });
    await Promise.all([...this.#working].map((recorder) => recorder.settled()));
    await this.#comparisons.allSettled();
    giveUp();
    // The first snapshot of a run that has ended without needing it.
    const idle = Promise.all([...this.#workspaces.values()].map((one) => one.idle()));
    await settledOrAborted(idle, signal);
  }

  close(): void {
    this.#records.close();
  }

  /** Whether this machine has what an undo of the run needs. */
  isRecorded(runId: string): boolean {
    return this.#records.find(runId)?.after !== undefined;
  }

  async #recover(runId: string): Promise<Changes> {
    const record = this.#records.find(runId);
    if (record === undefined) return nothing;
    if (record.after !== undefined) return changesOf(record);
    const workspace = this.#workspace(record.directory);
    try {
      return await finish(workspace, this.#records, record, new Set());
    } catch (error) {
      return unknownChanges(workspace, reasonOf(error, this.#home));
    }
  }

  /** What a crash has cut in the middle, before anything else happens in the directory. */
  #takeBack({ directory, folder, moves }: OpenRestore): void {
    const { signal } = this.#closing;
    this.#workspace(directory)
      .inTurn(async () => {
        const takenBack = (rest: Move[]) => this.#records.planRestore(folder, rest);
        if (await takeBack(directory, folder, moves, takenBack, signal))
          this.#records.endRestore(folder);
      })
      .catch((err: unknown) => {
        // The directory or the work folder is replaced, or the directory is gone: a new undo can go on with what is there.
        const isGivenUp = isGone(err);
        if (isGivenUp) this.#records.endRestore(folder);
        log.error({ err, directory, isGivenUp }, "An undo that was cut could not be taken back");
      });
  }

  async #change(
    runId: string,
    way: Way,
    decisions: Decisions,
    signal: AbortSignal,
  ): Promise<UndoAnswer> {
    await this.#comparisons.settled(runId, signal);
    const { directory } = findRecord(this.#records, runId);
    const workspace = this.#workspace(directory);
    return workspace.inTurn(() =>
      this.#working.undo(directory, () => {
        const record = findRecord(this.#records, runId);
        return undoOrRedo(workspace, this.#records, record, way, decisions, signal);
      }),
    );
  }

  #workspace(directory: string): Workspace {
    const known = this.#workspaces.get(directory);
    if (known !== undefined) return known;
    const workspace = new Workspace(
      directory,
      this.#home,
      this.#dataDir,
      this.#jobs,
      (name) => name.startsWith(workFolderPrefix) && this.#records.isOpenRestore(name),
      this.#closing.signal,
    );
    this.#workspaces.set(directory, workspace);
    return workspace;
  }
}

function realOr(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // It is gone; its snapshots are kept under this name, unless a link led there.
    return path;
  }
}

/** Why nothing can be recorded there. */
function unavailable(cwd: string, home: string): string | undefined {
  if (Bun.which("git") === null)
    return sentence(
      "Git is not installed on this machine: without it changes are not recorded, and cannot be undone.",
    ).text;
  try {
    realpathSync(cwd);
    return undefined;
  } catch (error) {
    return reasonOf(error, home);
  }
}
