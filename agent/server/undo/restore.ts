/** Puts files back, each in one step and all or none: what fails in the middle leaves everything as it was. */
import {
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmdirSync,
  statfsSync,
  unlinkSync,
} from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Git, GitPlace } from "./git/git";
import { type Found, type Step, versionOf } from "./file-state";
import { type Name, parentsOf, pathOf, shown } from "./git/git-path";
import { maxFileBytes } from "./git/ls-files";
import { stage } from "./git/checkout";

/** Folders with this beginning are ours, and are left out of snapshots. */
export const workFolder = ".rein-undo-";

/** It could not be done, and nothing was changed (or, when even that failed, the message says where everything is). */
export class RestoreError extends Error {
  override readonly name = "RestoreError";
}

export interface Task {
  step: Step;
  /** As it was when somebody decided that it may be replaced; a file that has changed since stops everything. */
  found: Found;
}

/**
 * Everything new is first written beside the old, on the same disk, where nobody looks. Only then are files moved: the old
 * ones into a folder of ours, the new ones into their places. `signal` ends it up to the first move.
 */
export async function restore(
  git: Git,
  place: GitPlace,
  directory: string,
  tasks: Task[],
  signal: AbortSignal,
): Promise<void> {
  if (tasks.length === 0) return;
  const work = join(directory, workFolder + crypto.randomUUID());
  const moves = new Moves(directory, work);
  try {
    await mkdir(work, { mode: 0o700 });
    await Promise.all([mkdir(moves.fresh), mkdir(moves.old)]);
    const files = tasks.flatMap(({ step: { name, wanted } }) =>
      wanted ? [{ name, state: wanted }] : [],
    );
    await stage(git, place, files, moves.fresh, signal);
    signal.throwIfAborted();
    moves.all(tasks);
  } catch (error) {
    signal.throwIfAborted();
    throw failure(error, moves, directory, work);
  } finally {
    if (moves.isWhole) await rm(work, { recursive: true, force: true });
  }
}

function failure(error: unknown, moves: Moves, directory: string, work: string): RestoreError {
  const told =
    error instanceof RestoreError
      ? error.message
      : `Nothing was put back: ${reasonOf(error, directory)}.`;
  const kept = moves.isWhole ? "" : ` Not everything could be moved back: it is in ${work}/old.`;
  return new RestoreError(told + kept, { cause: error });
}

/** Git does not say why it could not write a file: where no room is left for one, that is why. */
function reasonOf(error: unknown, directory: string): string {
  const { bavail, bsize } = statfsSync(directory);
  const free = bavail * bsize;
  if (!/unable to write|ENOSPC|No space left/.test(String(error)) || free > maxFileBytes)
    return error instanceof Error ? error.message : String(error);
  return `the disk is full (${(free / 1024 / 1024).toFixed(1)} MB are left)`;
}

/** Moves that can be taken back, last first. */
class Moves {
  readonly fresh: string;
  readonly old: string;
  /** False when a move could not be taken back: then the old files must not be removed. */
  isWhole = true;
  readonly #directory: string;
  readonly #back: (() => void)[] = [];
  #count = 0;

  constructor(directory: string, work: string) {
    this.#directory = directory;
    this.fresh = join(work, "new");
    this.old = join(work, "old");
  }

  /** Files that have to go come first, innermost before outermost: a directory may have to make room for a file. */
  all(tasks: Task[]): void {
    try {
      for (const task of tasks) if (!task.step.wanted) this.#remove(task);
      for (const task of tasks) if (task.step.wanted) this.#put(task);
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  #remove({ step: { name }, found }: Task): void {
    this.#check(name, found);
    if (found.version === "none" || found.version === "directory") return;
    this.#setAside(name);
    for (const parent of parentsOf(name)) if (!this.#removeEmpty(parent)) return;
  }

  #put({ step: { name }, found }: Task): void {
    this.#check(name, found);
    for (const parent of parentsOf(name).toReversed()) this.#makeDirectory(parent);
    const path = pathOf(this.#directory, name);
    const stats = lstatSync(path, { throwIfNoEntry: false });
    const fresh = pathOf(this.fresh, name);
    if (stats?.isDirectory()) {
      if (!this.#removeEmpty(name)) throw inTheWay(name);
    } else if (stats !== undefined) {
      if (process.getuid?.() === 0 && !stats.isSymbolicLink() && isPlainFile(fresh))
        chownSync(fresh, stats.uid, stats.gid);
      this.#keep(name);
    }
    renameSync(fresh, path);
    if (stats === undefined || stats.isDirectory()) this.#back.push(() => unlinkSync(path));
  }

  /** Nobody may have touched it since it was looked at; our own moves may have taken a directory away. */
  #check(name: Name, { version }: Found): void {
    const now = versionOf(this.#directory, name);
    if (now === version || (version === "directory" && now === "none")) return;
    throw new RestoreError(
      `Nothing was put back: ${shown(name)} has changed in this very moment. Try again.`,
    );
  }

  /** A second name for the old file, so that the new one can take its place in one step. */
  #keep(name: Name): void {
    const path = pathOf(this.#directory, name);
    const kept = join(this.old, String(this.#count++));
    try {
      linkSync(path, kept);
    } catch {
      // Not every file system has links: then there is a moment without the file.
      renameSync(path, kept);
    }
    this.#back.push(() => renameSync(kept, path));
  }

  #setAside(name: Name): void {
    const path = pathOf(this.#directory, name);
    const kept = join(this.old, String(this.#count++));
    renameSync(path, kept);
    this.#back.push(() => renameSync(kept, path));
  }

  #removeEmpty(name: Name): boolean {
    const path = pathOf(this.#directory, name);
    const mode = lstatSync(path, { throwIfNoEntry: false })?.mode;
    try {
      rmdirSync(path);
    } catch {
      // Something is in it, or it is gone: either way it is not ours to remove.
      return false;
    }
    this.#back.push(() => mkdirSync(path, { mode: (mode ?? 0o777) & 0o7777 }));
    return true;
  }

  #makeDirectory(name: Name): void {
    const path = pathOf(this.#directory, name);
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats?.isDirectory()) return;
    if (stats !== undefined) throw inTheWay(name);
    mkdirSync(path);
    this.#back.push(() => rmdirSync(path));
  }

  #rollBack(): void {
    for (const back of this.#back.toReversed())
      try {
        back();
      } catch (error) {
        this.isWhole = false;
        console.error("An undo that failed could not take back one of its moves:", error);
      }
  }
}

function isPlainFile(path: string | Buffer): boolean {
  return lstatSync(path).isFile();
}

function inTheWay(name: Name): RestoreError {
  return new RestoreError(
    `Nothing was put back: ${shown(name)} is in the way, and somebody else has put it there. Move it, and try again.`,
  );
}
