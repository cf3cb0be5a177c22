/** Replaces a file's content atomically: every reader sees the whole old content or the whole new one. Or removes the file. */
import { lstatSync, renameSync, unlinkSync } from "node:fs";
import { access, constants, mkdir, rmdir, unlink } from "node:fs/promises";
import { errorCode } from "../../../shared/error-code";
import { abortable, neverAborts, within } from "../../abort";
import { Directory } from "../../files/directory";
import { hasHandlePaths } from "../../files/handle";
import { findRegular, NotRegularError } from "../../files/regular-file";
import { changeMode, changeOwner, syncHandle, writeAll } from "../../files/write-handle";
import { ToolError } from "../tool";
import { accessError, openParent, type ResolvedPath } from "./resolved-path";
import { absent, type FileVersion, refusal, versionOf } from "./text-file";

/** After a stop: how long it waits for the removal of what was begun, on a file system that hangs. */
const cleanUpMs = 1000;

export interface Replacement {
  target: ResolvedPath;
  text: string | Buffer;
  /** The permission bits that it gets; undefined: those that it has. */
  mode?: number | undefined;
  /** The version that may be replaced; undefined: any. */
  expected?: FileVersion | undefined;
  /** Whose mode and owner it gets, where the target itself does not exist. */
  like?: ResolvedPath | undefined;
}

/**
 * Writes `text` to a temporary file beside the target, flushes it to disk, and renames it. Mode and owner stay; of several
 * hard links only this one leads to the new content. A link that has taken the target's place is replaced, never followed.
 * Resolves false, without a change, when a version is `expected` and the file has another. An abort before the rename
 * changes nothing and throws the reason; after the rename it has no effect. Throws ToolError when the system refuses.
 */
export async function replaceFile(
  { target, text, mode, expected, like }: Replacement,
  signal: AbortSignal,
): Promise<boolean> {
  signal.throwIfAborted();
  const draft = new Draft(target, like);
  const writing = draft.write(Buffer.from(text), mode);
  try {
    await abortable(writing, signal);
    // From here to the rename nothing is awaited: neither an abort nor another call can come between.
    signal.throwIfAborted();
    if (expected !== undefined && expected !== draft.currentVersion()) return false;
    draft.rename();
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ToolError) throw error;
    throw accessError(target, "written", error);
  } finally {
    const cleaning = Promise.allSettled([writing]).then(() => draft.cleanUp());
    // What is begun is completed and removed, though its call was stopped.
    await within(cleanUpMs, cleaning, neverAborts);
  }
}

/**
 * Removes a regular file. A link that has taken its place is never followed. Resolves false, without a change, when a version
 * is `expected` and the file has another. Throws as `replaceFile` does; an abort after the removal has no effect.
 */
export async function removeFile(
  target: ResolvedPath,
  expected: FileVersion | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const { directory, name } = await openParent(target, signal);
    using _directory = directory;
    const found = await findRegular(directory, name, signal);
    using _entry = found.entry;
    // From here on nothing is awaited.
    signal.throwIfAborted();
    if (expected !== undefined && expected !== versionAt(directory, name)) return false;
    unlinkSync(directory.at(name));
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (errorCode(error) === "ENOENT") return false;
    throw error instanceof NotRegularError
      ? refusal(target, error)
      : accessError(target, "removed", error);
  }
}

function versionAt(directory: Directory, name: string): FileVersion {
  const found = lstatSync(directory.at(name), { bigint: true, throwIfNoEntry: false });
  return found === undefined ? absent : versionOf(found);
}

/** A temporary file in the directory of its target, all by handle. */
class Draft {
  readonly #target: ResolvedPath;
  readonly #like: ResolvedPath | undefined;
  readonly #name: string;
  readonly #temporary: string;
  readonly #opened = new DisposableStack();
  /** The directories that were created for it, outermost first. */
  readonly #made: { parent: Directory; name: string }[] = [];
  #directory: Directory | undefined;
  #isWritten = false;
  #isRenamed = false;

  constructor(target: ResolvedPath, like: ResolvedPath | undefined) {
    this.#target = target;
    this.#like = like;
    this.#name = target.path.slice(target.path.lastIndexOf("/") + 1);
    this.#temporary = `.${this.#name.slice(0, 100)}.${crypto.randomUUID()}.tmp`;
  }

  async write(bytes: Buffer, mode: number | undefined): Promise<void> {
    const directory = (this.#directory = await this.#openDirectory());
    const owner =
      (await ownership(directory, this.#name, this.#target)) ?? (await this.#ownershipLike());
    using file = await directory.create(this.#temporary, owner ? 0o600 : 0o666, neverAborts);
    this.#isWritten = true;
    await writeAll(file.fd, bytes);
    if (owner) await setOwnership(file.fd, { ...owner, mode: mode ?? owner.mode });
    else if (mode !== undefined) await changeMode(file.fd, mode);
    await syncHandle(file.fd);
  }

  currentVersion(): FileVersion {
    return versionAt(this.#directory!, this.#name);
  }

  rename(): void {
    const directory = this.#directory!;
    renameSync(directory.at(this.#temporary), directory.at(this.#name));
    this.#isRenamed = true;
  }

  /** Unless it was renamed, removes it, and the created directories up to one that is not empty. Never rejects. */
  async cleanUp(): Promise<void> {
    try {
      if (this.#isRenamed) return;
      if (this.#isWritten) await unlink(this.#directory!.at(this.#temporary));
      for (const { parent, name } of this.#made.toReversed()) await rmdir(parent.at(name));
    } catch {
      // It is gone already, or something is in it that is not ours.
    } finally {
      this.#opened.dispose();
    }
  }

  async #ownershipLike(): Promise<Ownership | undefined> {
    if (this.#like === undefined) return undefined;
    const { directory, name } = await openParent(this.#like, neverAborts);
    using _directory = directory;
    return await ownership(directory, name, this.#like);
  }

  /** Creates what is missing. Throws ENOTDIR where a part of the path has become a link. */
  async #openDirectory(): Promise<Directory> {
    let directory = this.#opened.use(Directory.openSync("/"));
    for (const name of this.#target.path.split("/").slice(1, -1))
      directory = this.#opened.use(await this.#openOrMake(directory, name));
    return directory;
  }

  async #openOrMake(parent: Directory, name: string): Promise<Directory> {
    try {
      return await parent.directory(name, neverAborts);
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
    }
    await mkdir(parent.at(name)).then(
      () => this.#made.push({ parent, name }),
      (error: unknown) => {
        if (errorCode(error) !== "EEXIST") throw error; // another call has made it
      },
    );
    return parent.directory(name, neverAborts);
  }
}

interface Ownership {
  mode: number;
  uid: number;
  gid: number;
}

/** Of the existing file. One that its owner made read-only is refused, though a rename would succeed. */
async function ownership(
  directory: Directory,
  name: string,
  target: ResolvedPath,
): Promise<Ownership | undefined> {
  const found = await findRegular(directory, name, neverAborts).catch((error: unknown) => {
    if (errorCode(error) === "ENOENT") return undefined;
    throw refusal(target, error);
  });
  if (found === undefined) return undefined;
  using entry = found.entry;
  const path = hasHandlePaths ? `/proc/self/fd/${entry.fd}` : directory.at(name);
  await access(path, constants.W_OK);
  const { mode, uid, gid } = found.stats;
  return { mode: Number(mode) & 0o7777, uid: Number(uid), gid: Number(gid) };
}

/** Only root can change the owner. That clears some bits of the mode, so the mode comes after. */
async function setOwnership(fd: number, { mode, uid, gid }: Ownership): Promise<void> {
  if (process.getuid?.() === 0) await changeOwner(fd, uid, gid);
  await changeMode(fd, mode);
}
