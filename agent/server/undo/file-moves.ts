/** Moves files into and out of a directory, all or none: each is checked right before it is replaced. */
import {
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmdirSync,
  unlinkSync,
} from "node:fs";
import { errorCode } from "../../shared/error-code";
import type { Directory } from "../files/directory";
import { log } from "../log";
import { type Found, type Step, versionOf } from "./file-state";
import { entriesOf, type Name, parentsOf, shown } from "./git/git-path";

/** A restore failed. Nothing has changed; when even that could not be ensured, the message says where the old files are. */
export class RestoreError extends Error {
  override readonly name = "RestoreError";
}

export interface Task {
  step: Step;
  /** The file at the conflict check. When it has changed since, nothing is restored. */
  found: Found;
}

/**
 * The moves of one restore, which can be rolled back, last first. Each goes by handle from the workspace or the work folder,
 * and follows no link: a directory that is swapped for one fails the restore.
 */
export class FileMoves {
  /** False when a move could not be rolled back: then the old files must not be removed. */
  canRemoveOld = true;
  readonly #root: Directory;
  /** Holds the new files, by the names in `fresh`, and those that are moved aside. */
  readonly #work: Directory;
  readonly #fresh: ReadonlyMap<Task, string>;
  readonly #undoMoves: (() => void)[] = [];
  #count = 0;

  constructor(root: Directory, work: Directory, fresh: ReadonlyMap<Task, string>) {
    this.#root = root;
    this.#work = work;
    this.#fresh = fresh;
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

  #place(task: Task): void {
    const { name } = task.step;
    this.#check(name, task.found);
    for (const parent of parentsOf(name).toReversed()) this.#makeDirectory(parent);
    const stats = this.#at(name, (path) => lstatSync(path, { throwIfNoEntry: false }));
    const fresh = this.#work.at(this.#fresh.get(task)!);
    if (stats?.isDirectory()) {
      if (!this.#removeEmpty(name)) throw inTheWay(name);
    } else if (stats !== undefined) {
      if (process.getuid?.() === 0 && !stats.isSymbolicLink() && lstatSync(fresh).isFile())
        lchownSync(fresh, stats.uid, stats.gid);
      this.#linkAside(name);
    }
    this.#at(name, (path) => renameSync(fresh, path));
    if (stats === undefined || stats.isDirectory())
      this.#undoMoves.push(() => this.#at(name, unlinkSync));
  }

  /** Does one thing with the file, through the handle of its directory. Throws when a link is on the way there. */
  #at<Result>(name: Name, act: (path: string | Buffer) => Result): Result {
    const { parents, entry } = entriesOf(name);
    using parent = this.#open(name, parents);
    return act(parent.at(entry));
  }

  #open(name: Name, parents: Buffer[]): Directory {
    try {
      return this.#root.descendSync(parents);
    } catch (error) {
      if (["ENOTDIR", "ELOOP"].includes(errorCode(error) ?? "")) throw changedNow(name);
      throw error;
    }
  }

  /** Throws when the file has changed since the conflict check. Our own moves may have removed a directory. */
  #check(name: Name, { version }: Found): void {
    const now = versionOf(this.#root, name);
    if (now === version || (version === "directory" && now === "none")) return;
    throw changedNow(name);
  }

  /** Hard-links the old file aside, so that a rename replaces it in one step. */
  #linkAside(name: Name): void {
    const kept = this.#work.at(`old-${this.#count++}`);
    this.#at(name, (path) => {
      try {
        linkSync(path, kept);
      } catch {
        // Not every file system has hard links: then there is a moment without the file.
        renameSync(path, kept);
      }
    });
    this.#undoMoves.push(() => this.#at(name, (path) => renameSync(kept, path)));
  }

  #moveAside(name: Name): void {
    const kept = this.#work.at(`old-${this.#count++}`);
    this.#at(name, (path) => renameSync(path, kept));
    this.#undoMoves.push(() => this.#at(name, (path) => renameSync(kept, path)));
  }

  #removeEmpty(name: Name): boolean {
    try {
      const mode = this.#at(name, (path) => {
        const stats = lstatSync(path);
        rmdirSync(path);
        return stats.mode & 0o7777;
      });
      this.#undoMoves.push(() => this.#at(name, (path) => mkdirSync(path, { mode })));
      return true;
    } catch {
      // It is not empty, or it is gone: nothing to remove.
      return false;
    }
  }

  #makeDirectory(name: Name): void {
    const stats = this.#at(name, (path) => lstatSync(path, { throwIfNoEntry: false }));
    if (stats?.isDirectory()) return;
    if (stats !== undefined) throw inTheWay(name);
    this.#at(name, (path) => mkdirSync(path));
    this.#undoMoves.push(() => this.#at(name, rmdirSync));
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

function changedNow(name: Name): RestoreError {
  return new RestoreError(
    `Nothing was put back: ${shown(name)} has changed in this very moment. Try again.`,
  );
}

function inTheWay(name: Name): RestoreError {
  return new RestoreError(
    `Nothing was put back: ${shown(name)} is in the way, and this run did not put it there. Move it, and try again.`,
  );
}
