/** Replaces a file's content atomically: every reader sees the whole old content or the whole new one. */
import { renameSync, statSync } from "node:fs";
import { access, constants, type FileHandle, mkdir, open, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { systemErrorCode } from "../../error-code";
import type { ResolvedPath } from "./resolved-path";
import { type FileVersion, statFile, versionOf } from "./text-file";
import { ToolError } from "../tool";

/**
 * Writes `text` to a temporary file beside the target, flushes it to disk, and renames it. Mode and owner stay.
 * Resolves false, without a change, when a version is `expected` and the file has another. An abort before the rename
 * changes nothing and throws the reason; after the rename it has no effect. Throws ToolError when the system refuses.
 */
export async function replaceFile(
  target: ResolvedPath,
  text: string,
  expected: FileVersion | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  signal.throwIfAborted();
  try {
    return await replace(target.path, text, expected, await ownership(target), signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ToolError) throw error;
    const code = systemErrorCode(error);
    throw new ToolError(`${target.shown} cannot be written: ${hints[code] ?? code}.`, {
      cause: error,
    });
  }
}

const hints: Record<string, string> = {
  EACCES: "permission denied",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  ENOTDIR: "part of its path is a file, not a directory",
};

async function replace(
  path: string,
  text: string,
  expected: FileVersion | undefined,
  owner: Ownership | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  const directory = dirname(path);
  const firstCreated = await mkdir(directory, { recursive: true });
  const temporary = join(directory, `.${basename(path).slice(0, 100)}.${crypto.randomUUID()}.tmp`);
  let isReplaced = false;
  try {
    await writeNew(temporary, text, owner);
    // From here to the rename nothing is awaited: neither an abort nor another call can come between.
    signal.throwIfAborted();
    if (expected !== undefined && expected !== currentVersion(path)) return false;
    renameSync(temporary, path);
    isReplaced = true;
    return true;
  } finally {
    if (!isReplaced) {
      await rm(temporary, { force: true });
      if (firstCreated !== undefined) await removeEmpty(directory, firstCreated);
    }
  }
}

interface Ownership {
  mode: number;
  uid: number;
  gid: number;
}

/** Of the existing file. One that its owner made read-only is refused, though a rename would succeed. */
async function ownership(target: ResolvedPath): Promise<Ownership | undefined> {
  const found = await statFile(target);
  if (found === undefined) return undefined;
  await access(target.path, constants.W_OK);
  return { mode: Number(found.mode) & 0o7777, uid: Number(found.uid), gid: Number(found.gid) };
}

async function writeNew(path: string, text: string, owner: Ownership | undefined): Promise<void> {
  const file = await open(path, "wx", owner ? 0o600 : 0o666);
  try {
    await file.writeFile(text);
    if (owner) await setOwnership(file, owner);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Only root can change the owner. That clears some bits of the mode, so the mode comes after. */
async function setOwnership(file: FileHandle, { mode, uid, gid }: Ownership): Promise<void> {
  if (process.getuid?.() === 0) await file.chown(uid, gid);
  await file.chmod(mode);
}

function currentVersion(path: string): FileVersion | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && versionOf(found);
}

/** Removes the created directories, innermost first, up to one that is not empty. */
async function removeEmpty(innermost: string, outermost: string): Promise<void> {
  for (let path = innermost; path.startsWith(outermost); path = dirname(path)) {
    const isRemoved = await rmdir(path).then(
      () => true,
      () => false,
    );
    if (!isRemoved) return;
  }
}
