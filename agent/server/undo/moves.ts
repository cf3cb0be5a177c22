/** The single moves of a restore, and how each is taken back: also by a later server that does not know how far they came. */
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  unlinkSync,
} from "node:fs";
import { errorCode } from "../../shared/error-code";
import { type Directory, placeOnly } from "../files/directory";
import { hasHandlePaths } from "../files/handle";
import { isFileVersion, isGone, versionOf } from "./file-state";
import { entriesOf, type Name, shown } from "./git/git-path";
import { keptName, type Move } from "./restore-journal";

/** A restore failed. Nothing has changed; when even that could not be ensured, the message says where the old files are. */
export class RestoreError extends Error {
  override readonly name = "RestoreError";
}

/** Each goes by handle from the workspace or the work folder, and follows no link: one that was swapped in fails the move. */
export class Mover {
  readonly #root: Directory;
  readonly #work: Directory;

  constructor(root: Directory, work: Directory) {
    this.#root = root;
    this.#work = work;
  }

  /** Throws RestoreError or a system error; the move can then be half done. Takes as long as a rename. */
  apply(move: Move): void {
    const { name } = move;
    if (move.do === "aside") {
      this.#check(name, move.version);
      this.#at(name, (path) => renameSync(path, this.#work.at(move.old)));
    } else if (move.do === "place") this.#place(move);
    else if (move.do === "remove") this.#remove(move);
    else if (move.do === "make") this.#make(name);
    else if (!this.#setMode(move, move.from, move.to) && !move.isClosing) throw changedNow(name);
  }

  /**
   * Takes a move back that was done, half done, not done at all or taken back already: what is on disk tells. False when
   * another program or a person has changed the file since: its content stays, and the old file is in the work folder as
   * `kept-…`. Throws a system error.
   */
  revert(move: Move): boolean {
    if (move.do === "mode") this.#setModeBack(move);
    else if (move.do === "make") this.#unmake(move.name);
    else if (move.do === "remove") return this.#makeAgain(move);
    else if (isFileVersion(move.version)) return !this.#has(move.old) || this.#putBack(move);
    else if (move.do === "place") return this.#has(move.new) || this.#takeOut(move);
    return true;
  }

  /** The old file, which is in the work folder. Of two links to the same file one goes. */
  #putBack(move: Move & { do: "aside" | "place" }): boolean {
    const { name, version } = move;
    const old = this.#work.at(move.old);
    const now = versionOf(this.#root, name);
    if (now === version) unlinkSync(old);
    const isFree = now === "none" || (move.do === "place" && now === (move.made ?? now));
    const isBack = now === version || (isFree && this.#isThere(name, (at) => renameSync(old, at)));
    if (!isBack) renameSync(old, this.#work.at(keptName(move.old)));
    return isBack;
  }

  /** The new file, where there was none. */
  #takeOut(move: Move & { do: "place" }): boolean {
    const now = versionOf(this.#root, move.name);
    // Nothing is there, or the directory that had made room for it is there again.
    if (now === "none" || now === move.version) return true;
    if (now !== (move.made ?? now)) return false;
    return this.#isThere(move.name, (path) => renameSync(path, this.#work.at(move.new)));
  }

  #setModeBack({ name, of, from: mode, to: from, isClosing: opens }: Move & { do: "mode" }): void {
    this.#isThere(name, (path) => void setMode(path, mode, { of, from, opens }));
  }

  #unmake(name: Name): void {
    this.#isThere(name, (path) => {
      try {
        rmdirSync(path);
      } catch (error) {
        if (errorCode(error) !== "ENOTEMPTY") throw error;
      }
    });
  }

  #makeAgain({ name, mode }: Move & { do: "remove" }): boolean {
    return this.#isThere(name, (path) => {
      try {
        mkdirSync(path, { mode: 0o700 });
      } catch (error) {
        if (errorCode(error) !== "EEXIST") throw error;
      }
      // One that was made again, but cut before this, has the mode from above.
      setMode(path, mode, { of: "directory", from: 0o700 });
    });
  }

  #has(entry: string): boolean {
    return lstatSync(this.#work.at(entry), { throwIfNoEntry: false }) !== undefined;
  }

  /** Does that; false when it is gone, or the directory that it is in. */
  #isThere(name: Name, act: (path: string | Buffer) => void): boolean {
    try {
      this.#at(name, act);
      return true;
    } catch (error) {
      if (error instanceof RestoreError || isGone(error)) return false;
      throw error;
    }
  }

  #place(move: Move & { do: "place" }): void {
    const { name } = move;
    this.#check(name, move.version);
    const fresh = this.#work.at(move.new);
    this.#at(name, (path) => {
      const stats = lstatSync(path, { throwIfNoEntry: false });
      if (stats?.isDirectory()) throw inTheWay(name);
      if (stats !== undefined) {
        keepOwner(fresh, stats);
        this.#linkAside(path, this.#work.at(move.old));
      }
      renameSync(fresh, path);
    });
  }

  /** Hard-links the old file aside, so that a rename replaces it in one step. */
  #linkAside(path: string | Buffer, old: string | Buffer): void {
    try {
      linkSync(path, old);
    } catch {
      // Not every file system has hard links: then there is a moment without the file.
      renameSync(path, old);
    }
  }

  #remove({ name, isNeeded }: Move & { do: "remove" }): void {
    try {
      this.#at(name, rmdirSync);
    } catch (error) {
      if (isNeeded) throw errorCode(error) === "ENOTEMPTY" ? notEmpty(name) : error;
      // It is in use, may not be removed, or is gone.
    }
  }

  #make(name: Name): void {
    const isThere = this.#at(name, (path) => lstatSync(path, { throwIfNoEntry: false }));
    if (isThere !== undefined) throw isThere.isDirectory() ? changedNow(name) : inTheWay(name);
    this.#at(name, (path) => {
      mkdirSync(path, { mode: 0o700 });
      // In a setgid directory it would be one too.
      setMode(path, 0o700);
    });
  }

  /** In place. False when there is no such thing with the mode `from`. */
  #setMode({ name, of }: Move & { do: "mode" }, from: number, to: number): boolean {
    try {
      return this.#at(name, (path) => setMode(path, to, { of, from }));
    } catch (error) {
      if (isGone(error)) return false;
      throw error;
    }
  }

  /** Throws when the file has changed since the conflict check. Our own moves may have removed a directory. */
  #check(name: Name, version: string): void {
    const now = versionOf(this.#root, name);
    if (now === version || (version === "directory" && now === "none")) return;
    throw changedNow(name);
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
}

/** Of a file, a directory or a special file, never through a link. False when it is not as `only` says, and nothing happens. */
export function setMode(
  path: string | Buffer,
  mode: number,
  only?: { of: "file" | "directory"; from: number; opens?: boolean | undefined },
): boolean {
  const fd = openSync(path, placeOnly | constants.O_NOFOLLOW);
  try {
    const stats = fstatSync(fd);
    const now = stats.mode & 0o7777;
    if (stats.isSymbolicLink()) return false;
    if (only && (only.of === "directory" ? !stats.isDirectory() : !stats.isFile())) return false;
    // Of two links to a file, the first has set it for both. The system may drop setuid and setgid.
    const is = (a: number, b: number): boolean => (a & 0o1777) === (b & 0o1777);
    // A directory that is opened again may have been closed already, by an earlier taking back.
    const isOpen = only?.opens === true && is(now | 0o700, mode);
    if (only && !isOpen && !is(now, only.from) && !is(now, mode)) return false;
    if (now !== mode)
      if (hasHandlePaths) chmodSync(`/proc/self/fd/${fd}`, mode);
      else fchmodSync(fd, mode);
    return true;
  } finally {
    closeSync(fd);
  }
}

/** As root: the new file belongs to the owner of the old one. A change of owner takes the setuid bits away. */
function keepOwner(fresh: string | Buffer, { uid, gid }: { uid: number; gid: number }): void {
  const own = lstatSync(fresh);
  if (process.getuid?.() !== 0 || !own.isFile() || (own.uid === uid && own.gid === gid)) return;
  lchownSync(fresh, uid, gid);
  setMode(fresh, own.mode & 0o7777);
}

export function changedNow(name: Name): RestoreError {
  return new RestoreError(
    `Nothing was put back: ${shown(name)} has changed in this very moment. Try again.`,
  );
}

export function inTheWay(name: Name): RestoreError {
  return new RestoreError(
    `Nothing was put back: ${shown(name)} is in the way, and this run did not put it there. Move it, and try again.`,
  );
}

function notEmpty(name: Name): RestoreError {
  return new RestoreError(
    `Nothing was put back: the directory ${shown(name)} is in the way, and holds what is not recorded. Move it, and try again.`,
  );
}
