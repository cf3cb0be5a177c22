/** Moves files into and out of a directory, all or none: each is checked right before it is replaced. */
import {
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmdirSync,
  unlinkSync,
} from "node:fs";
import { join } from "node:path";
import { log } from "../log";
import { type Found, type Step, versionOf } from "./file-state";
import { type Name, parentsOf, pathOf, shown } from "./git/git-path";

/** A restore failed. Nothing has changed; when even that could not be ensured, the message says where the old files are. */
export class RestoreError extends Error {
  override readonly name = "RestoreError";
}

export interface Task {
  step: Step;
  /** The file at the conflict check. When it has changed since, nothing is restored. */
  found: Found;
}

/** The moves of one restore, which can be rolled back, last first. */
export class FileMoves {
  /** Where the new files are written before they are moved into their places. */
  readonly fresh: string;
  /** Where the old files are moved. */
  readonly old: string;
  /** False when a move could not be rolled back: then the old files must not be removed. */
  canRemoveOld = true;
  readonly #directory: string;
  readonly #undoMoves: (() => void)[] = [];
  #count = 0;

  constructor(directory: string, workFolder: string) {
    this.#directory = directory;
    this.fresh = join(workFolder, "new");
    this.old = join(workFolder, "old");
  }

  /** Removals first: a directory may have to make room for a file. Throws when one fails, after a rollback. */
  run(tasks: Task[]): void {
    try {
      for (const task of tasks) if (!task.step.wanted) this.#remove(task);
      for (const task of tasks) if (task.step.wanted) this.#place(task);
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  #remove({ step: { name }, found }: Task): void {
    this.#check(name, found);
    if (found.version === "none" || found.version === "directory") return;
    this.#moveAside(name);
    for (const parent of parentsOf(name)) if (!this.#removeEmpty(parent)) return;
  }

  #place({ step: { name }, found }: Task): void {
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
      this.#linkAside(name);
    }
    renameSync(fresh, path);
    if (stats === undefined || stats.isDirectory()) this.#undoMoves.push(() => unlinkSync(path));
  }

  /** Throws when the file has changed since the conflict check. Our own moves may have removed a directory. */
  #check(name: Name, { version }: Found): void {
    const now = versionOf(this.#directory, name);
    if (now === version || (version === "directory" && now === "none")) return;
    throw new RestoreError(
      `Nothing was put back: ${shown(name)} has changed in this very moment. Try again.`,
    );
  }

  /** Hard-links the old file aside, so that a rename replaces it in one step. */
  #linkAside(name: Name): void {
    const path = pathOf(this.#directory, name);
    const kept = join(this.old, String(this.#count++));
    try {
      linkSync(path, kept);
    } catch {
      // Not every file system has hard links: then there is a moment without the file.
      renameSync(path, kept);
    }
    this.#undoMoves.push(() => renameSync(kept, path));
  }

  #moveAside(name: Name): void {
    const path = pathOf(this.#directory, name);
    const kept = join(this.old, String(this.#count++));
    renameSync(path, kept);
    this.#undoMoves.push(() => renameSync(kept, path));
  }

  #removeEmpty(name: Name): boolean {
    const path = pathOf(this.#directory, name);
    const mode = lstatSync(path, { throwIfNoEntry: false })?.mode;
    try {
      rmdirSync(path);
    } catch {
      // It is not empty, or it is gone: nothing to remove.
      return false;
    }
    this.#undoMoves.push(() => mkdirSync(path, { mode: (mode ?? 0o777) & 0o7777 }));
    return true;
  }

  #makeDirectory(name: Name): void {
    const path = pathOf(this.#directory, name);
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats?.isDirectory()) return;
    if (stats !== undefined) throw inTheWay(name);
    mkdirSync(path);
    this.#undoMoves.push(() => rmdirSync(path));
  }

  #rollBack(): void {
    for (const undoMove of this.#undoMoves.toReversed())
      try {
        undoMove();
      } catch (err) {
        this.canRemoveOld = false;
        log.error({ err }, "A restore that failed could not roll back one of its moves");
      }
  }
}

function isPlainFile(path: string | Buffer): boolean {
  return lstatSync(path).isFile();
}

function inTheWay(name: Name): RestoreError {
  return new RestoreError(
    `Nothing was put back: ${shown(name)} is in the way, and this run did not put it there. Move it, and try again.`,
  );
}
