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
import { RestoreError, type Task } from "./file-moves";
import { shown } from "./git/git-path";
import { restore } from "./restore";
import { UndoError } from "./undo-error";
import type { RunRecord, UndoRecords } from "./undo-records";
import type { Workspace } from "./workspace";

export type Way = "undo" | "redo";

/** To be called while nothing else happens in the workspace. Throws UndoError or the signal's reason; then nothing has changed. */
export async function undoOrRedo(
  workspace: Workspace,
  records: UndoRecords,
  record: RunRecord,
  way: Way,
  decisions: Decisions,
  signal: AbortSignal,
): Promise<UndoAnswer> {
  if ((record.undoneAt === undefined) === (way === "redo"))
    throw new UndoError(409, "already", already[way]);
  if (!decisions.evenIfNotNewest) refuseIfNotNewest(records, record);
  const { tasks, spared } = resolveConflicts(await readFileStates(record, signal), decisions);
  await saveOverwritten(workspace, tasks, signal);
  await restoreFiles(workspace, tasks, signal);
  if (tasks.length > 0 || spared.length === 0) reverse(records, record, way, tasks);
  return { changes: changesOf(record), restored: tasks.length, spared: spared.map(shown) };
}

/** The record that can be undone. Throws UndoError when there is none. */
export function findRecord(records: UndoRecords, runId: string): RunRecord {
  const record = records.find(runId);
  if (record?.after !== undefined) return record;
  throw new UndoError(404, "no-record", "Nothing is recorded of what this run changed.");
}

const already: Record<Way, string> = {
  undo: "This run is undone already.",
  redo: "This run has not been undone.",
};

function refuseIfNotNewest(records: UndoRecords, { directory, at }: RunRecord): void {
  const newer = records.newer(directory, at);
  if (newer.length === 0) return;
  const runs = newer.length === 1 ? "A later run has" : `${newer.length} later runs have`;
  const message = `${runs} changed this directory too. Undo the newest first, or say that it is to be done all the same (evenIfNotNewest).`;
  throw new UndoError(409, "not-newest", message);
}

async function restoreFiles(
  workspace: Workspace,
  tasks: Task[],
  signal: AbortSignal,
): Promise<void> {
  try {
    await restore(workspace.git, workspace.place, workspace.directory, tasks, signal);
  } catch (error) {
    if (!(error instanceof RestoreError)) throw error;
    throw new UndoError(500, "failed", error.message, { cause: error });
  }
}

/** From now on the record's steps lead the other way. */
function reverse(records: UndoRecords, record: RunRecord, way: Way, tasks: Task[]): void {
  record.at = Date.now();
  record.steps = tasks.map(({ step: { name, wanted: expected }, found: { state: wanted } }) =>
    defined({ name, expected, wanted }),
  );
  delete record.undoneAt;
  delete record.redoneAt;
  record[way === "undo" ? "undoneAt" : "redoneAt"] = record.at;
  records.write(record);
}
