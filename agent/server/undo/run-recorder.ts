/** Records what one run changes: a snapshot before anything may write, and another when the run has settled. */
import { defined } from "../../shared/defined";
import type { Changes } from "../../shared/protocol";
import { abortable } from "../abort";
import { log } from "../log";
import { compare } from "./git/tree-diff";
import { pack, type UndoRecords, type RunRecord, unpack } from "./undo-records";
import type { Snapshot } from "./git/snapshot";
import { changesOf, nothing, notYet, reasonOf, unknown, unseen } from "./change-summary";
import type { Workspace } from "./workspace";

/** A tool that wants to write waits no longer than this for the first snapshot; then the run is not recorded. */
const waitMs = 15_000;

export interface Recorded {
  sessionId: string;
  runId: string;
}

export class RunRecorder {
  readonly workspace: Workspace;
  /** Another run worked in this directory at the same time. */
  isShared = false;
  readonly #records: UndoRecords;
  readonly #of: Recorded;
  readonly #before: Promise<Snapshot | string>;
  #recorded: Promise<void> | undefined;
  #isLate = false;

  /** Begins the first snapshot at once; `ready` waits for it. */
  constructor(workspace: Workspace, records: UndoRecords, of: Recorded) {
    this.workspace = workspace;
    this.#records = records;
    this.#of = of;
    const earlier = records.find(of.runId);
    if (earlier !== undefined) this.#recorded = Promise.resolve();
    this.#before =
      earlier !== undefined
        ? Promise.resolve(unpack(earlier.before))
        : workspace.snapshotInTurn((signal) => workspace.snapshots.take(signal)).catch(reasonOf);
  }

  /**
   * Resolves when everything written from now on will be recorded as this run's change. It does not fail: without a
   * record the run goes on, and cannot be undone. Throws the signal's reason when that aborts first.
   */
  async ready(signal: AbortSignal): Promise<void> {
    this.#recorded ??= this.#recordInTime();
    await abortable(this.#recorded, signal);
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
      const record = newRecord(this.#of, this.workspace.directory, before);
      return await finish(this.workspace, this.#records, record, this.isShared);
    } catch (error) {
      return unknownChanges(this.workspace, reasonOf(error));
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
      this.#records.write(newRecord(this.#of, this.workspace.directory, before));
    } catch (err) {
      // The end of the run will fail in the same way, and reports it.
      const { sessionId, runId } = this.#of;
      log.error({ err, sessionId, runId }, "The state before a run could not be recorded");
    }
  }
}

/** Takes the snapshot after a run, and records what the run has changed. Throws what git throws. */
export async function finish(
  workspace: Workspace,
  records: UndoRecords,
  record: RunRecord,
  isShared: boolean,
): Promise<Changes> {
  return workspace.snapshotInTurn(async (signal) => {
    const before = unpack(record.before);
    const after = await workspace.snapshots.take(signal);
    const { git, place } = workspace;
    const { changes, doubtful } = await compare(git, place, before, after, signal);
    record.at = Date.now();
    record.after = pack(after);
    record.changes = changes;
    record.steps = changes.map(({ name, before: wanted, after: expected }) =>
      defined({ name, wanted, expected }),
    );
    record.unseen = unseen([...new Set([...before.leftOut, ...after.leftOut])], doubtful, isShared);
    records.write(record);
    return changesOf(record);
  });
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
