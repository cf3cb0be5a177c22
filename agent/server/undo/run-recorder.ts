/** Records what one run changes: a snapshot before anything may write, and another when the run has settled. */
import { defined } from "../../shared/defined";
import type { Changes } from "../../shared/protocol";
import { abortable } from "../abort";
import { log } from "../log";
import type { Name } from "./git/git-path";
import { rebase } from "./git/rebased-snapshot";
import type { Snapshot } from "./git/snapshot";
import { type Change, compare } from "./git/tree-diff";
import { pack, packFiles, type RunRecord, unpack } from "./run-record";
import type { UndoRecords } from "./undo-records";
import { changesOf, nothing, notYet, reasonOf, unknown, unseen } from "./change-summary";
import type { Workspace } from "./workspace";
import { changeTimes, WriteTimes } from "./write-times";

/** A tool that wants to write waits no longer than this for the first snapshot; then the run is not recorded. */
const waitMs = 15_000;

export interface Recorded {
  sessionId: string;
  runId: string;
}

export class RunRecorder {
  readonly workspace: Workspace;
  readonly of: Recorded;
  /** When its calls write. */
  readonly writes = new WriteTimes();
  /** When other runs wrote that were here at the same time. */
  readonly others = new Set<WriteTimes>();
  readonly #records: UndoRecords;
  #before: Promise<Snapshot | string>;
  #recorded: Promise<void> | undefined;
  #isLate = false;
  #rebasing = 0;

  /** Begins the first snapshot at once; `ready` waits for it. */
  constructor(workspace: Workspace, records: UndoRecords, of: Recorded) {
    this.workspace = workspace;
    this.#records = records;
    this.of = of;
    const earlier = records.find(of.runId);
    if (earlier !== undefined) this.#recorded = Promise.resolve();
    this.#before = earlier !== undefined ? Promise.resolve(unpack(earlier.before)) : this.#take();
  }

  /** `ready` was called: something may have been written since. */
  get hasBegun(): boolean {
    return this.#recorded !== undefined;
  }

  /** Nothing is left to be waited for. */
  get isReady(): boolean {
    return this.#recorded !== undefined && this.#rebasing === 0;
  }

  /**
   * Resolves when everything written from now on will be recorded as this run's change. It does not fail: without a
   * record the run goes on, and cannot be undone. Throws the signal's reason when that aborts first.
   */
  async ready(signal: AbortSignal): Promise<void> {
    this.#recorded ??= this.#recordInTime();
    await abortable(this.#recorded, signal);
  }

  /** After an undo changed files here while the run waited: they are none of its changes. `ready` waits for that. */
  rebase(names: Name[]): void {
    if (this.#recorded === undefined) {
      // It has changed nothing yet.
      this.#before = this.#take();
      return;
    }
    this.#rebasing++;
    this.#recorded = this.#recorded.then(() => this.#rebase(names)).finally(() => this.#rebasing--);
  }

  /** Resolves when the first snapshot is over and recorded. Never rejects. */
  async settled(): Promise<void> {
    await this.#before;
    await this.#recorded;
  }

  /** What has changed since; "pending" when the server shuts down before that is known. Never rejects. */
  async end(): Promise<Changes> {
    if (this.#recorded === undefined) return nothing;
    await this.#recorded;
    if (this.#isLate) return unknown(tooLate);
    const before = await this.#before;
    if (typeof before === "string") return unknownChanges(this.workspace, before);
    try {
      const record = newRecord(this.of, this.workspace.directory, before);
      return await finish(this.workspace, this.#records, record, this.others);
    } catch (error) {
      return unknownChanges(this.workspace, reasonOf(error, this.workspace.home));
    }
  }

  async #recordInTime(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.#isLate = true;
      resolve();
    }, waitMs);
    await Promise.race([this.#record(), promise]);
    clearTimeout(timer);
  }

  /** On disk before the first tool writes: after a crash the earlier state is known. */
  async #record(): Promise<void> {
    const before = await this.#before;
    if (typeof before === "string" || this.#isLate) return;
    try {
      this.#records.write(newRecord(this.of, this.workspace.directory, before));
    } catch (err) {
      // The end of the run will fail in the same way, and reports it.
      const { sessionId, runId } = this.of;
      log.error({ err, sessionId, runId }, "The state before a run could not be recorded");
    }
  }

  #take(): Promise<Snapshot | string> {
    const { workspace } = this;
    return workspace
      .snapshotInTurn((signal) => workspace.snapshots.take(signal))
      .catch((error: unknown) => reasonOf(error, workspace.home));
  }

  async #rebase(names: Name[]): Promise<void> {
    const before = await this.#before;
    if (typeof before === "string" || this.#isLate) return;
    const { git, place, snapshots } = this.workspace;
    const rebasing = this.workspace.snapshotInTurn(async (signal) => {
      const now = await snapshots.take(signal, before.coverage);
      return rebase(git, place, before, now, names, signal);
    });
    this.#before = rebasing.catch((error: unknown) => reasonOf(error, this.workspace.home));
    await this.#record();
  }
}

/** Takes the snapshot after a run, and records what the run has changed. Throws what git throws. */
export async function finish(
  workspace: Workspace,
  records: UndoRecords,
  record: RunRecord,
  others: Set<WriteTimes>,
): Promise<Changes> {
  return workspace.snapshotInTurn(async (signal) => {
    const before = unpack(record.before);
    const after = await workspace.snapshots.take(signal, before.coverage);
    const { git, place, directory } = workspace;
    const { changes, doubtful } = await compare(git, place, before, after, signal);
    const isShared = await isSharedBy(others, directory, changes, signal);
    record.at = Date.now();
    record.before = packFiles(before);
    record.after = packFiles(after);
    record.changes = changes;
    record.steps = changes.map(({ name, before: wanted, after: expected }) =>
      defined({ name, wanted, expected }),
    );
    const leftOut = [...new Set([...before.leftOut, ...after.leftOut])];
    record.unseen = unseen(leftOut, [...doubtful, ...after.doubtful], after.repositories, isShared);
    records.write(record);
    return changesOf(record);
  });
}

/** Whether something changed while another run wrote. Which of two that write at once did it cannot be told. */
async function isSharedBy(
  others: Set<WriteTimes>,
  directory: string,
  changes: Change[],
  signal: AbortSignal,
): Promise<boolean> {
  const writing = [...others].filter((one) => !one.isEmpty);
  if (writing.length === 0) return false;
  const names = changes.map(({ name }) => name);
  const times = await changeTimes(directory, names, signal);
  return times.some((at) => writing.some((one) => one.includes(at)));
}

const tooLate = `Recording the working directory for the first time took longer than ${waitMs / 1000} s, so this run is not recorded; the next one will be.`;

/** The changes after a snapshot that failed; when it failed because the server shuts down, they are pending. */
export function unknownChanges(workspace: Workspace, reason: string): Changes {
  return workspace.isClosing ? notYet : unknown(reason);
}

function newRecord(of: Recorded, directory: string, before: Snapshot): RunRecord {
  const now = Date.now();
  return { ...of, directory, at: now, before: pack(before), changes: [], steps: [], unseen: [] };
}
