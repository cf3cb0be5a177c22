/** A directory by its handle: what is opened in it is in it, whatever links are swapped meanwhile. */
import { constants, openSync } from "node:fs";
import { Handle, hasHandlePaths } from "./handle";

/** A name is bytes where it need not be UTF-8. */
type Name = string | Buffer;

/**
 * A path is walked name by name, each opened relative to the handle before it (`/proc/self/fd/N/name`) and without following
 * a link. openat2(2) would do that in one call, but through the FFI it would be synchronous: one network file system that
 * hangs would hold the event loop, and every stop. Without these paths the names are absolute. There macOS still refuses
 * links anywhere in a path that is opened (O_NOFOLLOW_ANY), but not in one that is renamed or removed.
 */
const noLink = process.platform === "darwin" ? 0x20000000 : constants.O_NOFOLLOW;
/** Opens only the place (O_PATH): no device is touched, no pipe waits, and no permission on it is needed. */
export const placeOnly = hasHandlePaths ? 0o10000000 : constants.O_RDONLY | constants.O_NONBLOCK;
const directoryFlags = placeOnly | constants.O_DIRECTORY | noLink;

export class Directory extends Handle {
  readonly #path: string | Buffer;

  private constructor(fd: number, path: string | Buffer) {
    super(fd);
    this.#path = hasHandlePaths ? `/proc/self/fd/${fd}` : path;
  }

  /**
   * By an absolute path without links. Throws ELOOP or ENOTDIR where a link has taken the place of a part of it, any other
   * system error, or the signal's reason.
   */
  static async open(path: string, signal: AbortSignal): Promise<Directory> {
    using root = Directory.#root();
    return await root.descend(partsOf(path), signal);
  }

  /** The same at once, for a directory that was in use a moment ago: a file system that hangs would hold the event loop. */
  static openSync(path: string): Directory {
    using root = Directory.#root();
    return root.descendSync(partsOf(path));
  }

  static #root(): Directory {
    return new Directory(openSync("/", directoryFlags), "");
  }

  /** A path to the entry for any system call, valid until this is disposed of. The entry itself may be a link. */
  at(name: Name): string | Buffer {
    if (typeof name === "string" && typeof this.#path === "string") return `${this.#path}/${name}`;
    return Buffer.concat([Buffer.from(this.#path), Buffer.from("/"), Buffer.from(name)]);
  }

  /** A directory in it. Throws as `open` does. */
  async directory(name: Name, signal: AbortSignal): Promise<Directory> {
    const path = this.at(name);
    return new Directory(await this.open(path, directoryFlags, 0, signal), path);
  }

  directorySync(name: Name): Directory {
    const path = this.at(name);
    return new Directory(openSync(path, directoryFlags), path);
  }

  /** The place of an entry of any kind: nothing is read, and nothing waits. A link is opened itself, or throws ELOOP. */
  async entry(name: Name, signal: AbortSignal): Promise<Handle> {
    return new Handle(await this.open(this.at(name), placeOnly | noLink, 0, signal));
  }

  /** A new file in it, to be written. Throws EEXIST when there is anything of that name, a link too. */
  async create(name: Name, mode: number, signal: AbortSignal): Promise<Handle> {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | noLink;
    return new Handle(await this.open(this.at(name), flags, mode, signal));
  }

  /** A directory below it; without names, this one by a handle of its own. Throws as `open` does. */
  async descend([first = ".", ...names]: Name[], signal: AbortSignal): Promise<Directory> {
    let last = await this.directory(first, signal);
    for (const name of names) {
      using parent = last;
      last = await parent.directory(name, signal);
    }
    return last;
  }

  descendSync([first = ".", ...names]: Name[]): Directory {
    let last = this.directorySync(first);
    for (const name of names) {
      using parent = last;
      last = parent.directorySync(name);
    }
    return last;
  }
}

function partsOf(path: string): string[] {
  return path.split("/").filter((name) => name !== "");
}
