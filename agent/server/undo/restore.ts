/** Restores files, each in one step and all or none: a failure in the middle leaves everything as it was. */
import { mkdirSync, statfsSync } from "node:fs";
import { mkdir, readdir, readFile, readlink, rm, rmdir, symlink, unlink } from "node:fs/promises";
import { join } from "node:path";
import { Directory } from "../files/directory";
import { changeMode, writeAll } from "../files/write-handle";
import { log } from "../log";
import { FileMoves, RestoreError, type Task } from "./file-moves";
import { checkoutFiles } from "./git/checkout";
import type { Git, GitPlace } from "./git/git";
import { pathOf } from "./git/git-path";
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
  const name = workFolderPrefix + crypto.randomUUID();
  let moves: FileMoves | undefined;
  try {
    using root = await Directory.open(directory, signal);
    mkdirSync(root.at(name), { mode: 0o700 });
    try {
      using work = root.directorySync(name);
      const fresh = await makeFresh(git, place, tasks, work, signal);
      signal.throwIfAborted();
      moves = new FileMoves(root, work, fresh);
      moves.run(tasks);
    } finally {
      if (moves?.canRemoveOld !== false) await removeFolder(root, name);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw failure(error, moves, directory, name);
  }
}

/**
 * The new files in the work folder, each under a name of its own. Git writes by name, so it writes into a folder that
 * nobody else can change; from there they are copied by handle.
 */
async function makeFresh(
  git: Git,
  place: GitPlace,
  tasks: Task[],
  work: Directory,
  signal: AbortSignal,
): Promise<Map<Task, string>> {
  const fresh = new Map<Task, string>();
  // Emptied at the start of a server, like the indexes beside it.
  const folder = join(place.directory, "indexes", crypto.randomUUID());
  try {
    await mkdir(folder, { mode: 0o700 });
    const files = tasks.flatMap(({ step: { name, wanted } }) =>
      wanted ? [{ name, state: wanted }] : [],
    );
    await checkoutFiles(git, place, files, folder, signal);
    for (const task of tasks) {
      const { name, wanted } = task.step;
      if (!wanted) continue;
      const entry = `new-${fresh.size}`;
      fresh.set(task, entry);
      const from = pathOf(folder, name);
      if (wanted.kind === "link")
        await symlink(await readlink(from, { encoding: "buffer" }), work.at(entry));
      else await copyNew(from, work, entry, wanted.mode, signal);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return fresh;
}

/** `from` is at most `maxFileBytes` long: more is not recorded. */
async function copyNew(
  from: string | Buffer,
  work: Directory,
  entry: string,
  mode: number,
  signal: AbortSignal,
): Promise<void> {
  using file = await work.create(entry, 0o600, signal);
  await file.use(async () => writeAll(file.fd, await readFile(from)), signal);
  await file.use(() => changeMode(file.fd, mode), signal);
}

/** Of our own folder, and so by its handle. Never rejects: what cannot be removed is logged. */
async function removeFolder(root: Directory, name: string): Promise<void> {
  try {
    using work = root.directorySync(name);
    for (const entry of await readdir(work.at("."), { encoding: "buffer" }))
      await unlink(work.at(entry));
    await rmdir(root.at(name));
  } catch (err) {
    log.warn({ err }, "The work folder of an undo could not be removed");
  }
}

function failure(
  error: unknown,
  moves: FileMoves | undefined,
  directory: string,
  name: string,
): RestoreError {
  const message =
    error instanceof RestoreError
      ? error.message
      : `Nothing was put back: ${reasonOf(error, directory)}.`;
  const kept =
    moves?.canRemoveOld === false
      ? ` Not everything could be moved back: it is in ${join(directory, name)}, as old-0, old-1 ….`
      : "";
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
