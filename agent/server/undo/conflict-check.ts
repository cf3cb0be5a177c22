/** Which files an undo restores and which it spares. What was changed since, and is overwritten, is saved first, for a redo. */
import { systemErrorCode } from "../../shared/error-code";
import { Directory } from "../files/directory";
import { findFileState } from "./file-state";
import type { RunRecord } from "./run-record";
import type { Task } from "./plan-moves";
import { pathOfStep } from "./shown-changes";
import { UndoError } from "./undo-error";
import type { Workspace } from "./workspace";

/** A person's decisions; paths as they are shown. */
export interface Decisions {
  overwrite: string[];
  spare: string[];
  evenIfNotNewest: boolean;
}

/** Every file that the run changed, as it is now. Throws UndoError, or the signal's reason. */
export async function readFileStates(
  { steps, directory }: RunRecord,
  signal: AbortSignal,
): Promise<Task[]> {
  using root = await openWorkspace(directory, signal);
  const found: Task[] = [];
  for (const step of steps)
    try {
      found.push({ step, found: await findFileState(root, step, signal) });
    } catch (cause) {
      signal.throwIfAborted();
      const message = `${pathOfStep(step)} cannot be looked at: ${systemErrorCode(cause)}.`;
      throw new UndoError(409, "failed", message, { cause });
    }
  return found;
}

/** Throws UndoError when the directory is gone, or a link has taken its place. */
async function openWorkspace(directory: string, signal: AbortSignal): Promise<Directory> {
  try {
    return await Directory.open(directory, signal);
  } catch (cause) {
    signal.throwIfAborted();
    const message = `${directory} cannot be opened: ${systemErrorCode(cause)}.`;
    throw new UndoError(409, "failed", message, { cause });
  }
}

/** What is to be restored. Throws UndoError when a file has changed since and there is no decision on it. */
export function resolveConflicts(
  all: Task[],
  { overwrite, spare }: Decisions,
): { tasks: Task[]; spared: string[] } {
  const changed = all.filter(({ found }) => found.now === "changed-since");
  const isNamed = ({ step }: Task, paths: string[]) => paths.includes(pathOfStep(step));
  const undecided = changed.filter((one) => !isNamed(one, overwrite) && !isNamed(one, spare));
  if (undecided.length > 0) {
    const first = undecided.slice(0, 10).map(({ step }) => pathOfStep(step));
    const rest = undecided.length > 10 ? ` and ${undecided.length - 10} more` : "";
    const message = `Changed since by another program or a person: ${first.join(", ")}${rest}. Say of each whether to overwrite or to spare it.`;
    throw new UndoError(409, "changed-since", message);
  }
  const spared = all.filter((one) => isNamed(one, spare) && one.found.now !== "as-wanted");
  const tasks = all.filter((one) => one.found.now !== "as-wanted" && !spared.includes(one));
  return { tasks, spared: spared.map(({ step }) => pathOfStep(step)) };
}

/** Saves what was changed since and is about to be overwritten, for a redo. Throws UndoError when one cannot be saved. */
export async function saveOverwritten(
  workspace: Workspace,
  tasks: Task[],
  signal: AbortSignal,
): Promise<void> {
  const forced = tasks.filter(({ found }) => found.now === "changed-since");
  const lost = (one: Task) =>
    new UndoError(
      409,
      "failed",
      `${pathOfStep(one.step)} cannot be kept, so it is not overwritten. Move it away, and try again.`,
    );
  for (const one of forced)
    if (one.found.state === undefined && !["none", "directory"].includes(one.found.version))
      throw lost(one);
  // Of directories and special files the record holds all there is.
  const kept = forced.filter(
    ({ found: { state } }) => state?.kind === "file" || state?.kind === "link",
  );
  if (kept.length === 0) return;
  await workspace.snapshots.take(signal);
  const args = ["cat-file", "--batch-check=%(objectname)"];
  const stdin = kept.map(({ found }) => `${found.state!.blob}\n`).join("");
  const answer = await workspace.git.run({ args, place: workspace.place, stdin }, signal);
  for (const [index, line] of answer.trim().split("\n").entries())
    if (line.endsWith(" missing")) throw lost(kept[index]!);
}
