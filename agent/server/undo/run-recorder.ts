/** What one run changes: the directory is looked at before anything may write, and again when the run has settled. */
import { abortable } from "../abort";
import type { Changes } from "../../shared/protocol";
import { compare } from "./git/tree-diff";
import { pack, type UndoRecords, type RunRecord, unpack } from "./undo-records";
import type { Snapshot } from "./git/snapshot";
import { changesOf, nothing, notYet, reasonOf, unknown, unseen } from "./change-summary";
import type { Workspace } from "./workspace";

/** Whoever wants to write waits no longer than this for the first look at a directory, and the run is not recorded. */
const waitMs = 15_000;

export interface Recorded {
  sessionId: string;
  runId: string;
}

export class RunRecorder {
  readonly workspace: Workspace;
  /** Somebody else's run worked in this directory at the same time. */
  isShared = false;
  readonly #records: UndoRecords;
  readonly #of: Recorded;
  readonly #before: Promise<Snapshot | string>;
  #kept: Promise<void> | undefined;
  #isLate = false;

  /** Begins to look at once; the look can be awaited with `ready`. */
  constructor(workspace: Workspace, records: UndoRecords, of: Recorded) {
    this.workspace = workspace;
    this.#records = records;
    this.#of = of;
    const earlier = records.find(of.runId);
    if (earlier !== undefined) this.#kept = Promise.resolve();
    this.#before =
      earlier !== undefined
        ? Promise.resolve(unpack(earlier.before))
        : workspace.lookInTurn((signal) => workspace.snapshots.take(signal)).catch(reasonOf);
  }

  /**
   * Resolves when whatever is written from now on will be seen as this run's. It does not fail: without a record the
   * work goes on, and cannot be undone. Throws the signal's reason when that aborts first.
   */
  async ready(signal: AbortSignal): Promise<void> {
    this.#kept ??= this.#keepInTime();
    await abortable(this.#kept, signal);
  }

  /** Resolves when nothing of it is under way but for its end. Never rejects. */
  async atRest(): Promise<void> {
    await this.#before;
    await this.#kept;
  }

  /** What has changed since; "pending" when the server ends before that is known. Never rejects. */
  async end(): Promise<Changes> {
    if (this.#kept === undefined) return nothing;
    await this.#kept;
    if (this.#isLate) return unknown(tooLate);
    const before = await this.#before;
    if (typeof before === "string") return unknownBy(this.workspace, before);
    try {
      const record = newRecord(this.#of, this.workspace.directory, before);
      return await finish(this.workspace, this.#records, record, this.isShared);
    } catch (error) {
      return unknownBy(this.workspace, reasonOf(error));
    }
  }

  async #keepInTime(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.#isLate = true;
      resolve();
    }, waitMs);
    await Promise.race([this.#keep(), promise]);
    clearTimeout(timer);
  }

  /** On disk before the first writer starts: after a crash it is known what there was. */
  async #keep(): Promise<void> {
    const before = await this.#before;
    if (typeof before === "string" || this.#isLate) return;
    try {
      this.#records.write(newRecord(this.#of, this.workspace.directory, before));
    } catch (error) {
      // The run's end will meet the same trouble, and say so.
      console.error("What a run is about to change could not be written down:", error);
    }
  }
}

/** Looks at the directory as it is after a run, and keeps what the run has changed. Throws what git throws. */
export async function finish(
  workspace: Workspace,
  records: UndoRecords,
  record: RunRecord,
  isShared: boolean,
): Promise<Changes> {
  return workspace.lookInTurn(async (signal) => {
    const before = unpack(record.before);
    const after = await workspace.snapshots.take(signal);
    const { git, place } = workspace;
    const { changes, doubtful } = await compare(git, place, before, after, signal);
    record.at = Date.now();
    record.after = pack(after);
    record.changes = changes;
    record.steps = changes.map(({ name, before: wanted, after: expected }) => ({
      name,
      ...(wanted && { wanted }),
      ...(expected && { expected }),
    }));
    record.unseen = unseen([...new Set([...before.leftOut, ...after.leftOut])], doubtful, isShared);
    records.write(record);
    return changesOf(record);
  });
}

const tooLate = `Looking at the working directory for the first time took longer than ${waitMs / 1000} s, so this run is not recorded; the next one will be.`;

/** Of a look that failed, unless it did because the server ends: then it is yet to come. */
export function unknownBy(workspace: Workspace, reason: string): Changes {
  return workspace.isClosing ? notYet : unknown(reason);
}

function newRecord(of: Recorded, directory: string, before: Snapshot): RunRecord {
  const now = Date.now();
  return { ...of, directory, at: now, before: pack(before), changes: [], steps: [], unseen: [] };
}
