/** Restores files, each in one step and all or none: a failure in the middle leaves everything as it was, and so does a crash. */
import { fstatSync, mkdirSync } from "node:fs";
import { mkdir, readdir, readFile, readlink, rm, rmdir, symlink, unlink } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../../shared/error-code";
import { Directory } from "../files/directory";
import { changeMode, writeAll } from "../files/write-handle";
import { log } from "../log";
import { failureWords } from "./failure-words";
import { FileMoves } from "./file-moves";
import { checkoutFiles } from "./git/checkout";
import type { Git, GitPlace } from "./git/git";
import { pathOf, shown } from "./git/git-path";
import { changedNow, Mover, RestoreError, setMode } from "./moves";
import { planMoves, setsModeOnly, type Task } from "./plan-moves";
import type { Journal, Move } from "./restore-journal";
import { makeSpecial } from "./special-file";

/** Folders whose names begin so hold an undo's files for a moment; while the journal names one it is excluded from snapshots. */
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
  journal: Journal,
  signal: AbortSignal,
): Promise<void> {
  const name = workFolderPrefix + crypto.randomUUID();
  let moves: FileMoves | undefined;
  let hasHappened = false;
  try {
    using root = await Directory.open(directory, signal);
    const own = ownMode(root, tasks);
    journal.begin(name, own.opening);
    try {
      for (const move of own.opening) new Mover(root, root).apply(move);
      mkdirSync(root.at(name), { mode: 0o700 });
      using work = root.directorySync(name);
      const fresh = await makeFresh(git, place, tasks, work, signal);
      signal.throwIfAborted();
      moves = new FileMoves(root, work);
      const planned = planMoves(
        root,
        work,
        tasks.filter((task) => !isOwn(task)),
        fresh,
      );
      journal.plan(name, [...own.opening, ...planned]);
      await moves.run(planned, () => journal.commit(name, own.closing));
      hasHappened = true;
    } finally {
      if (moves?.canRemoveOld !== false) {
        if (!hasHappened) journal.takenBack(name, own.opening);
        if (await removeFolder(root, name, hasHappened ? newOrOld : onlyNew)) {
          const atLast = hasHappened ? own.closing : own.opening;
          for (const move of atLast) new Mover(root, root).revert(move);
          journal.end(name);
        }
      }
    }
  } catch (error) {
    signal.throwIfAborted();
    throw failure(error, moves, directory, name, place);
  }
}

/**
 * After a crash in the middle of a restore: takes its moves back, and then calls `takenBack` with those that are still to be
 * taken back when the work folder is gone. Without moves it had not begun, has happened, or is taken back. False when it is
 * to be tried again: then the work folder stays. Throws a system error when the directory cannot be opened.
 */
export async function takeBack(
  directory: string,
  folder: string,
  moves: Move[],
  takenBack: (rest: Move[]) => void,
  signal: AbortSignal,
): Promise<boolean> {
  using root = await Directory.open(directory, signal);
  using work = openFolder(root, folder);
  const taking = new FileMoves(root, work ?? root);
  const ofFiles = moves.filter((move) => move.name !== ".");
  const rest = moves.filter((move) => move.name === ".");
  if (work !== undefined) {
    await taking.revert(ofFiles);
    if (!taking.canRemoveOld) return false;
    if (ofFiles.length > 0) takenBack(rest);
    if (!(await removeFolder(root, folder, ofFiles.length > 0 ? onlyNew : newOrOld))) return false;
  } else if (ofFiles.length > 0)
    log.warn({ directory, folder }, "The work folder is gone: a cut undo cannot be taken back");
  await taking.revert(rest);
  return taking.canRemoveOld;
}

/**
 * The mode of the directory itself, which can forbid the work folder: one that this user owns is opened as the first and set as the
 * last thing. Both are written as moves that are taken back in the end, `closing` in place of `opening` once all is done.
 */
function ownMode(root: Directory, tasks: Task[]): { opening: Move[]; closing: Move[] } {
  const stats = fstatSync(root.fd);
  const mode = stats.mode & 0o7777;
  const isForbidden = process.getuid?.() !== 0 && stats.uid === process.getuid?.();
  const open = isForbidden ? mode | 0o700 : mode;
  const task = tasks.find(isOwn);
  if (task && task.found.state?.mode !== mode) throw changedNow(".");
  const final = task?.step.wanted?.mode ?? mode;
  if (open === mode && final === mode) return { opening: [], closing: [] };
  const move = { do: "mode", name: ".", of: "directory" } as const;
  return {
    opening: [{ ...move, from: mode, to: open }],
    closing: [{ ...move, from: final, to: open }],
  };
}

function isOwn({ step }: Task): boolean {
  return step.name === ".";
}

function openFolder(root: Directory, name: string): Directory | undefined {
  try {
    return root.directorySync(name);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * The new files in the work folder, each under a name of its own. Git writes by name, so it does not write there, where a
 * link could be swapped in, but into the data directory; from there they are copied by handle.
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
    const wanted = tasks.flatMap((task) => {
      const state = task.step.wanted;
      const isMade = state !== undefined && state.kind !== "directory" && !setsModeOnly(task);
      return isMade ? [{ task, state, name: task.step.name }] : [];
    });
    const files = wanted.filter(({ state }) => state.kind !== "special");
    await checkoutFiles(git, place, files, folder, signal);
    for (const { task, state, name } of wanted) {
      const entry = `new-${fresh.size}`;
      fresh.set(task, entry);
      const from = pathOf(folder, name);
      if (state.kind === "special") makeSpecialIn(work, entry, task);
      else if (state.kind === "link")
        await symlink(await readlink(from, { encoding: "buffer" }), work.at(entry));
      else await copyNew(from, work, entry, state.mode, signal);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return fresh;
}

function makeSpecialIn(work: Directory, entry: string, { step: { name, wanted } }: Task): void {
  try {
    makeSpecial(work.at(entry), wanted!);
    setMode(work.at(entry), wanted!.mode);
  } catch (cause) {
    const message = `Nothing was put back: ${shown(name)}, a FIFO, socket or device, cannot be made again. Spare it, and try again.`;
    throw new RestoreError(message, { cause });
  }
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

/** What an undo that has happened leaves in its folder; one that is taken back has moved all old files to their places. */
const newOrOld = /^(new|old)-\d+$/;
const onlyNew = /^new-\d+$/;

/**
 * Of our own folder, and so by its handle: removes the files of these names, and the folder unless it holds anything else.
 * False when it is to be tried again; never rejects: what cannot be removed is logged.
 */
async function removeFolder(root: Directory, name: string, ours: RegExp): Promise<boolean> {
  try {
    using work = openFolder(root, name);
    if (work === undefined) return true;
    for (const entry of await readdir(work.at("."), { withFileTypes: true }))
      if (ours.test(entry.name) && !entry.isDirectory()) await unlink(work.at(entry.name));
    await rmdir(root.at(name));
    return true;
  } catch (err) {
    if (["ENOTEMPTY", "EEXIST"].includes(errorCode(err) ?? "")) {
      log.warn({ folder: name }, "The work folder of an undo stays: it holds other files");
      return true;
    }
    log.warn({ err }, "The work folder of an undo could not be removed");
    return false;
  }
}

function failure(
  error: unknown,
  moves: FileMoves | undefined,
  directory: string,
  name: string,
  place: GitPlace,
): RestoreError {
  const message =
    error instanceof RestoreError
      ? error.message
      : `Nothing was put back: ${failureWords(error, directory, place.directory)}.`;
  const kept =
    moves?.canRemoveOld === false
      ? ` Not everything could be moved back: it is in ${join(directory, name)}, as old-0, old-1 ….`
      : moves?.left.some((move) => "old" in move)
        ? ` What was changed since stays as it is; what had been there is in ${join(directory, name)}.`
        : "";
  return new RestoreError(message + kept, { cause: error });
}
