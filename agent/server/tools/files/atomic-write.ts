/** A file's new content takes its place in one step: before it the old file stands, after it the new one. */
import { renameSync, statSync } from "node:fs";
import { access, constants, type FileHandle, mkdir, open, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { codeOf, type ResolvedPath } from "./resolved-path";
import { type FileVersion, statFile, versionOf } from "./text-file";
import { ToolError } from "../tool";

/**
 * Writes `text` to a temporary file beside the target, forces it to the disk, and renames it. Mode and owner stay.
 * Resolves false, and has changed nothing, when a version is `expected` and the file is no longer of it. An abort before
 * the rename leaves everything as it was and throws the reason; after the rename it is done. Throws ToolError when the
 * system refuses.
 */
export async function replaceFile(
  place: ResolvedPath,
  text: string,
  expected: FileVersion | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  signal.throwIfAborted();
  try {
    return await replace(place.path, text, expected, await ownership(place), signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ToolError) throw error;
    const hint = hints[codeOf(error)] ?? codeOf(error);
    throw new ToolError(`${place.shown} cannot be written: ${hint}.`, { cause: error });
  }
}

const hints: Record<string, string> = {
  EACCES: "permission denied",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  ENOTDIR: "a part of its path is a file, not a directory",
};

async function replace(
  path: string,
  text: string,
  expected: FileVersion | undefined,
  owner: Ownership | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  const directory = dirname(path);
  const firstMade = await mkdir(directory, { recursive: true });
  const temporary = join(directory, `.${basename(path).slice(0, 100)}.${crypto.randomUUID()}.tmp`);
  let replaced = false;
  try {
    await writeDown(temporary, text, owner);
    // From here to the rename nothing is awaited: neither an abort nor another call can come between.
    signal.throwIfAborted();
    if (expected !== undefined && expected !== versionNow(path)) return false;
    renameSync(temporary, path);
    replaced = true;
    return true;
  } finally {
    if (!replaced) {
      await rm(temporary, { force: true });
      if (firstMade !== undefined) await removeEmpty(directory, firstMade);
    }
  }
}

interface Ownership {
  mode: number;
  uid: number;
  gid: number;
}

/** Of the file that is there. A file that its owner made read-only is not replaced, though the rename would succeed. */
async function ownership(place: ResolvedPath): Promise<Ownership | undefined> {
  const found = await statFile(place);
  if (found === undefined) return undefined;
  await access(place.path, constants.W_OK);
  return { mode: Number(found.mode) & 0o7777, uid: Number(found.uid), gid: Number(found.gid) };
}

async function writeDown(path: string, text: string, owner: Ownership | undefined): Promise<void> {
  const file = await open(path, "wx", owner ? 0o600 : 0o666);
  try {
    await file.writeFile(text);
    if (owner) await give(file, owner);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Only root can give a file away; and giving clears some bits of the mode, so the mode comes after. */
async function give(file: FileHandle, { mode, uid, gid }: Ownership): Promise<void> {
  if (process.getuid?.() === 0) await file.chown(uid, gid);
  await file.chmod(mode);
}

function versionNow(path: string): FileVersion | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && versionOf(found);
}

/** Takes back the directories that were made, from the innermost out, as far as nobody has put anything into them. */
async function removeEmpty(innermost: string, outermost: string): Promise<void> {
  for (let path = innermost; path.startsWith(outermost); path = dirname(path)) {
    const removed = await rmdir(path).then(
      () => true,
      () => false,
    );
    if (!removed) return;
  }
}
