/** What runs change in their working directories: recorded, shown, taken back, and done again. */
import { mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import type { Changes, ChangesAnswer, FileView, UndoAnswer } from "../../shared/protocol";
import type { Jobs } from "../processes/jobs";
import { fileChanges } from "./difference";
import { readDiffs } from "./diffs";
import { type Found, findState, type Step } from "./look";
import { shown } from "./names";
import { changesOf, finish, nothing, Recording, reasonOf, unknown } from "./recording";
import { overlaps, Records, type RunRecord } from "./records";
import { restore, RestoreError, type Task } from "./restore";
import { forgetDirectory, Workspace } from "./workspace";

/** Files that are shown with their diffs, at most. */
const maxViews = 500;

/** An undo that was refused, or could not be done. Nothing has changed. */
export class UndoError extends Error {
  override readonly name = "UndoError";
  readonly status: 404 | 409 | 500;
  /** no-record, run-active, not-newest, changed-since, already, failed. */
  readonly code: string;

  constructor(status: 404 | 409 | 500, code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
    this.code = code;
  }
}

/** The record of a run while it works. */
export interface RunWatch {
  /** To be awaited before anything may write. Throws the signal's reason when that aborts first, and nothing else. */
  ready(signal: AbortSignal): Promise<void>;
  /** What has changed; to be called once, when the run has settled. Never rejects. */
  end(): Promise<Changes>;
}

export interface Decisions {
  overwrite: string[];
  spare: string[];
  evenIfNotNewest: boolean;
}

export class Undo {
  readonly #home: string;
  readonly #dataDir: string;
  readonly #jobs: Jobs;
  readonly #records: Records;
  readonly #workspaces = new Map<string, Workspace>();
  readonly #working = new Set<Recording>();

  /** Keeps everything under `dataDir`, which is absolute. */
  constructor(dataDir: string, jobs: Jobs) {
    this.#dataDir = realpathSync(dataDir);
    this.#home = join(this.#dataDir, "undo");
    this.#jobs = jobs;
    mkdirSync(this.#home, { recursive: true, mode: 0o700 });
    this.#records = new Records(join(this.#home, "undo.db"));
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
    const recording = new Recording(workspace, this.#records, { sessionId: session.id, runId });
    for (const other of this.#working)
      if (overlaps(other.workspace.directory, workspace.directory))
        other.isShared = recording.isShared = true;
    this.#working.add(recording);
    return {
      ready: (signal) => recording.ready(signal),
      end: () => recording.end().finally(() => this.#working.delete(recording)),
    };
  }

  /** After a crash: what the run has changed, as far as it can still be known. Never rejects. */
  async recover(runId: string): Promise<Changes> {
    const record = this.#records.find(runId);
    if (record === undefined) return nothing;
    if (record.after !== undefined) return changesOf(record);
    try {
      return await finish(this.#workspace(record.directory), this.#records, record, false);
    } catch (error) {
      return unknown(reasonOf(error));
    }
  }

  /** What a run changed, with diffs, and how its files stand now. Throws UndoError, or the signal's reason. */
  async view(runId: string, signal: AbortSignal): Promise<Omit<ChangesAnswer, "changes">> {
    const record = this.#find(runId);
    const workspace = this.#workspace(record.directory);
    const [found, diffs] = await Promise.all([
      findAll(record, signal),
      readDiffs(workspace, record, signal),
    ]);
    const files = fileChanges(record.changes).map((file): FileView => {
      const own = found.filter(({ step: { name } }) =>
        [file.path, file.from].includes(shown(name)),
      );
      const now = own.map((one) => one.found.now);
      const modes = modesOf(record, file.path);
      const diff = diffs.get(file.path);
      return {
        ...file,
        ...(diff !== undefined && { diff }),
        ...(modes && { modes }),
        now: now.includes("changed-since") ? "changed-since" : (now[0] ?? "as-wanted"),
      };
    });
    const newer = this.#records.newer(record.directory, record.at);
    return { files: mostTelling(files), newer };
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

  close(): void {
    this.#records.close();
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
      new Workspace(directory, this.#home, this.#dataDir, this.#jobs);
    this.#workspaces.delete(directory);
    this.#workspaces.set(directory, workspace);
    return workspace;
  }
}

interface Looked {
  step: Step;
  found: Found;
}

async function findAll({ steps, directory }: RunRecord, signal: AbortSignal): Promise<Looked[]> {
  const found: Looked[] = [];
  for (const step of steps) {
    signal.throwIfAborted();
    found.push({ step, found: await findState(directory, step) });
  }
  return found;
}

/** What is to be put back. Throws when there is a file that somebody else has changed, and no word on it. */
function decide(looked: Looked[], { overwrite, spare }: Decisions) {
  const changed = looked.filter(({ found }) => found.now === "changed-since");
  const isNamed = ({ step }: Looked, paths: string[]) => paths.includes(shown(step.name));
  const undecided = changed.filter((one) => !isNamed(one, overwrite) && !isNamed(one, spare));
  if (undecided.length > 0) {
    const first = undecided.slice(0, 10).map(({ step }) => shown(step.name));
    const rest = undecided.length > 10 ? ` and ${undecided.length - 10} more` : "";
    const message = `Changed since by somebody else: ${first.join(", ")}${rest}. Say of each whether to overwrite or to spare it.`;
    throw new UndoError(409, "changed-since", message);
  }
  const spared = looked.filter((one) => isNamed(one, spare) && one.found.now !== "as-wanted");
  const tasks = looked.filter((one) => one.found.now !== "as-wanted" && !spared.includes(one));
  return { tasks, spared: spared.map(({ step }) => step.name) };
}

/** What is overwritten although it is somebody else's must be in our keeping first, for a redo. */
async function keepOverwritten(
  workspace: Workspace,
  tasks: Task[],
  signal: AbortSignal,
): Promise<void> {
  const forced = tasks.filter(({ found }) => found.now === "changed-since");
  const lost = (one: Task) =>
    new UndoError(
      409,
      "failed",
      `${shown(one.step.name)} cannot be kept, so it is not overwritten. Move it away, and try again.`,
    );
  for (const one of forced)
    if (one.found.state === undefined && !["none", "directory"].includes(one.found.version))
      throw lost(one);
  const kept = forced.filter(({ found }) => found.state !== undefined);
  if (kept.length === 0) return;
  await workspace.snapshots.take(signal);
  const args = ["cat-file", "--batch-check=%(objectname)"];
  const stdin = kept.map(({ found }) => `${found.state!.blob}\n`).join("");
  const answer = await workspace.git.run({ args, place: workspace.place, stdin }, signal);
  for (const [index, line] of answer.trim().split("\n").entries())
    if (line.endsWith(" missing")) throw lost(kept[index]!);
}

async function put(workspace: Workspace, tasks: Task[], signal: AbortSignal): Promise<void> {
  try {
    await restore(workspace.git, workspace.place, workspace.directory, tasks, signal);
  } catch (error) {
    if (!(error instanceof RestoreError)) throw error;
    throw new UndoError(500, "failed", error.message, { cause: error });
  }
}

function modesOf({ changes }: RunRecord, path: string): FileView["modes"] {
  const change = changes.find(({ name }) => shown(name) === path);
  if (change?.before?.kind !== "file" || change.after?.kind !== "file") return undefined;
  if (change.before.mode === change.after.mode) return undefined;
  return { before: change.before.mode.toString(8), after: change.after.mode.toString(8) };
}

/** Those that a person must decide on are never cut off. */
function mostTelling(files: FileView[]): FileView[] {
  const urgent = files.filter(({ now }) => now === "changed-since");
  const others = files.filter(({ now }) => now !== "changed-since");
  return [...urgent, ...others.slice(0, maxViews)].toSorted((a, b) => (a.path < b.path ? -1 : 1));
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
