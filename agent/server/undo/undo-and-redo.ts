/** Undoes and redoes one run: checks for conflicts, restores its files, and records that. */
import { defined } from "../../shared/defined";
import type { UndoAnswer } from "../../shared/protocol";
import { changesOf } from "./change-summary";
import {
  type Decisions,
  readFileStates,
  resolveConflicts,
  saveOverwritten,
} from "./conflict-check";
import type { Name } from "./git/git-path";
import { RestoreError } from "./moves";
import type { Task } from "./plan-moves";
import { restore } from "./restore";
import type { Journal } from "./restore-journal";
import type { RunRecord } from "./run-record";
import { impliedIn } from "./shown-changes";
import { UndoError } from "./undo-error";
import type { UndoRecords } from "./undo-records";
import type { Workspace } from "./workspace";

export type Way = "undo" | "redo";

export interface Restored<Answer = UndoAnswer> {
  answer: Answer;
  /** What was put back, files and directories. */
  names: Name[];
}

/** To be called while nothing else happens in the workspace. Throws UndoError or the signal's reason; then nothing has changed. */
export async function undoOrRedo(
  workspace: Workspace,
  records: UndoRecords,
  record: RunRecord,
  way: Way,
  decisions: Decisions,
  signal: AbortSignal,
): Promise<Restored> {
  if ((record.undoneAt === undefined) === (way === "redo")) {
    // The page that asks may have been told otherwise.
    records.tell(record.runId);
    throw new UndoError(409, "already", already[way]);
  }
  if (!decisions.evenIfNotNewest) refuseIfNotNewest(records, record);
  const { tasks, spared } = resolveConflicts(await readFileStates(record, signal), decisions);
  await saveOverwritten(workspace, tasks, signal);
  const reversed = reverse(record, way, tasks);
  if (tasks.length > 0) await restoreFiles(workspace, records, tasks, reversed, signal);
  else if (spared.length === 0) records.writeReversed(reversed);
  else return { answer: { changes: changesOf(record), restored: 0, spared }, names: [] };
  const answer = { changes: changesOf(reversed), restored: countShown(tasks), spared };
  return { answer, names: tasks.map(({ step }) => step.name) };
}

/** The record that can be undone. Throws UndoError when there is none. */
export function findRecord(records: UndoRecords, runId: string): RunRecord {
  const record = records.find(runId);
  if (record?.after !== undefined) return record;
  throw new UndoError(
    404,
    "no-record",
    "Nothing is recorded on this machine of what this run changed: it changed nothing, or its snapshots are not there any more.",
  );
}

const already: Record<Way, string> = {
  undo: "This run is undone already.",
  redo: "This run has not been undone.",
};

function refuseIfNotNewest(records: UndoRecords, record: RunRecord): void {
  const newer = records.newer(record);
  if (newer.length === 0) return;
  const runs = newer.length === 1 ? "A later run has" : `${newer.length} later runs have`;
  const message = `${runs} changed this directory too. Undo the newest first, or say that it is to be done all the same (evenIfNotNewest).`;
  throw new UndoError(409, "not-newest", message);
}

async function restoreFiles(
  { git, place, directory }: Workspace,
  records: UndoRecords,
  tasks: Task[],
  reversed: RunRecord,
  signal: AbortSignal,
): Promise<void> {
  const journal: Journal = {
    begin: (folder, moves) => records.beginRestore(directory, folder, moves),
    plan: (folder, moves) => records.planRestore(folder, moves),
    commit: (folder, moves) => records.commitRestore(folder, moves, reversed),
    takenBack: (folder, moves) => records.planRestore(folder, moves),
    end: (folder) => records.endRestore(folder),
  };
  try {
    await restore(git, place, directory, tasks, journal, signal);
  } catch (error) {
    if (!(error instanceof RestoreError)) throw error;
    throw new UndoError(500, "failed", error.message, { cause: error });
  }
}

/** The record once that is done: from then on its steps lead the other way. */
function reverse(record: RunRecord, way: Way, tasks: Task[]): RunRecord {
  const { undoneAt: _, redoneAt: __, ...rest } = record;
  const at = Date.now();
  const steps = tasks.map(({ step: { name, wanted: expected }, found: { state: wanted } }) =>
    defined({ name, expected, wanted }),
  );
  return { ...rest, steps, [way === "undo" ? "undoneAt" : "redoneAt"]: at };
}

function countShown(tasks: Task[]): number {
  const both = tasks.map(({ step: { name, wanted: after, expected: before } }) => ({
    name,
    ...defined({ before, after }),
  }));
  return both.length - impliedIn(both).size;
}
