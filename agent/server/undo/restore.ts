/** Restores files, each in one step and all or none: a failure in the middle leaves everything as it was. */
import { statfsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { FileMoves, RestoreError, type Task } from "./file-moves";
import { checkoutFiles } from "./git/checkout";
import type { Git, GitPlace } from "./git/git";
import { maxFileBytes } from "./git/ls-files";

/** Folders whose names begin so hold an undo's files for a moment, and are excluded from snapshots. */
export const workFolderPrefix = ".rein-undo-";

/**
 * Writes the new files into a work folder on the same disk first. Only then files are moved: the old ones into the work
 * folder, the new ones into their places. Throws RestoreError; or the signal's reason, when it aborts before the first move.
 */
export async function restore(
  git: Git,
  place: GitPlace,
  directory: string,
  tasks: Task[],
  signal: AbortSignal,
): Promise<void> {
  if (tasks.length === 0) return;
  const workFolder = join(directory, workFolderPrefix + crypto.randomUUID());
  const moves = new FileMoves(directory, workFolder);
  try {
    await mkdir(workFolder, { mode: 0o700 });
    await Promise.all([mkdir(moves.fresh), mkdir(moves.old)]);
    const files = tasks.flatMap(({ step: { name, wanted } }) =>
      wanted ? [{ name, state: wanted }] : [],
    );
    await checkoutFiles(git, place, files, moves.fresh, signal);
    signal.throwIfAborted();
    moves.run(tasks);
  } catch (error) {
    signal.throwIfAborted();
    throw failure(error, moves, directory, workFolder);
  } finally {
    if (moves.canRemoveOld) await rm(workFolder, { recursive: true, force: true });
  }
}

function failure(
  error: unknown,
  moves: FileMoves,
  directory: string,
  workFolder: string,
): RestoreError {
  const message =
    error instanceof RestoreError
      ? error.message
      : `Nothing was put back: ${reasonOf(error, directory)}.`;
  const kept = moves.canRemoveOld
    ? ""
    : ` Not everything could be moved back: it is in ${workFolder}/old.`;
  return new RestoreError(message + kept, { cause: error });
}

/** Git does not say why it could not write a file; when the disk has no room for one, that is the reason. */
function reasonOf(error: unknown, directory: string): string {
  const { bavail, bsize } = statfsSync(directory);
  const free = bavail * bsize;
  if (!/unable to write|ENOSPC|No space left/.test(String(error)) || free > maxFileBytes)
    return error instanceof Error ? error.message : String(error);
  return `the disk is full (${(free / 1024 / 1024).toFixed(1)} MB are left)`;
}
