/** What one run changes: the directory is looked at before anything may write, and again when the run has settled. */
import type { Changes } from "../../shared/protocol";
import { compare, fileChanges } from "./difference";
import { pack, type Records, type RunRecord, unpack } from "./records";
import { maxFileBytes, type Snapshot } from "./snapshot";
import { generated, type Workspace } from "./workspace";
import { shown, type Name } from "./names";

/** Whoever wants to write waits no longer than this for the first look at a directory, and the run is not recorded. */
const waitMs = 15_000;
/** The look itself goes on, so that the next run finds it done; up to here. */
const patienceMs = 120_000;
const maxShown = 100;

export interface Recorded {
  sessionId: string;
  runId: string;
}

export class Recording {
  readonly workspace: Workspace;
  /** Somebody else's run worked in this directory at the same time. */
  isShared = false;
  readonly #records: Records;
  readonly #of: Recorded;
  readonly #before: Promise<Snapshot | string>;
  #kept: Promise<void> | undefined;
  #isLate = false;

  /** Begins to look at once; the look can be awaited with `ready`. */
  constructor(workspace: Workspace, records: Records, of: Recorded) {
    this.workspace = workspace;
    this.#records = records;
    this.#of = of;
    const earlier = records.find(of.runId);
    if (earlier !== undefined) this.#kept = Promise.resolve();
    this.#before =
      earlier !== undefined
        ? Promise.resolve(unpack(earlier.before))
        : workspace
            .inTurn(() => workspace.snapshots.take(AbortSignal.timeout(patienceMs)))
            .catch(reasonOf);
  }

  /**
   * Resolves when whatever is written from now on will be seen as this run's. It does not fail: without a record the
   * work goes on, and cannot be undone. Throws the signal's reason when that aborts first.
   */
  async ready(signal: AbortSignal): Promise<void> {
    this.#kept ??= this.#keepInTime();
    await unlessAborted(this.#kept, signal);
  }

  /** What has changed since. Never rejects. */
  async end(): Promise<Changes> {
    if (this.#kept === undefined) return nothing;
    await this.#kept;
    if (this.#isLate) return unknown(tooLate);
    const before = await this.#before;
    if (typeof before === "string") return unknown(before);
    try {
      const record = newRecord(this.#of, this.workspace.directory, before);
      return await finish(this.workspace, this.#records, record, this.isShared);
    } catch (error) {
      return unknown(reasonOf(error));
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
  records: Records,
  record: RunRecord,
  isShared: boolean,
): Promise<Changes> {
  return workspace.inTurn(async () => {
    const signal = AbortSignal.timeout(patienceMs);
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

/** As it stands in the session. */
export function changesOf(record: RunRecord): Changes {
  const { changes, unseen: sentences, undoneAt, redoneAt } = record;
  const files = fileChanges(changes);
  const { length } = files;
  return {
    ...known(files.slice(0, maxShown), length, sentences),
    ...(undoneAt !== undefined && { undoneAt }),
    ...(redoneAt !== undefined && { redoneAt }),
  };
}

function known(files: Changes["files"], count: number, sentences: string[]): Changes {
  return { state: "known", files, count, unseen: [...always, ...sentences] };
}

export function unknown(reason: string): Changes {
  return { state: "unknown", reason, files: [], count: 0, unseen: always };
}

/** Of a run in which nothing that could write was started. */
export const nothing: Changes = { state: "known", files: [], count: 0, unseen: [] };

const tooLate = `Looking at the working directory for the first time took longer than ${waitMs / 1000} s, so this run is not recorded; the next one will be.`;

const always = [
  "Changes outside the working directory, and what was sent over the network, are not seen.",
  `Ignored files and generated ones (${generated.slice(0, 3).join(", ")}) are not looked at.`,
];

function unseen(leftOut: Name[], doubtful: Name[], isShared: boolean): string[] {
  const sentences: string[] = [];
  const limit = `${maxFileBytes / 1024 / 1024} MB`;
  if (leftOut.length > 0)
    sentences.push(
      `Too large (over ${limit}) or not readable, so not looked at: ${some(leftOut)}.`,
    );
  if (doubtful.length > 0)
    sentences.push(
      `Not looked at before, so nobody knows what has changed in them: ${some(doubtful)}.`,
    );
  if (isShared)
    sentences.push("Another run worked here at the same time: its changes are among these.");
  return sentences;
}

function some(names: Name[]): string {
  const first = names.slice(0, 5).map(shown).join(", ");
  return names.length > 5 ? `${first} and ${names.length - 5} more` : first;
}

function newRecord(of: Recorded, directory: string, before: Snapshot): RunRecord {
  const now = Date.now();
  return { ...of, directory, at: now, before: pack(before), changes: [], steps: [], unseen: [] };
}

export function reasonOf(error: unknown): string {
  if (error instanceof DOMException && error.name === "TimeoutError")
    return `Looking at the working directory took longer than ${patienceMs / 1000} s, so its changes are not recorded.`;
  const message = error instanceof Error ? error.message : String(error);
  return `The working directory could not be recorded: ${message}`;
}

async function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
