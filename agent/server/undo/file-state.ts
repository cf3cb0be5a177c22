/** The state of a file now, compared with the expected and the wanted one. */
import { lstatSync } from "node:fs";
import { lstat, readlink } from "node:fs/promises";
import { errorCode } from "../../shared/error-code";
import type { Directory } from "../files/directory";
import { RegularFile } from "../files/regular-file";
import type { FileState } from "./git/tree-diff";
import { entriesOf, type Name } from "./git/git-path";
import { maxFileBytes } from "./git/ls-files";
import { nodeCode, nodeState } from "./git/node-state";

/** One file or directory to bring from one state to another. Absent: there is, or is to be, nothing. */
export interface Step {
  name: Name;
  expected?: FileState;
  wanted?: FileState;
}

export interface Found {
  now: "as-left" | "changed-since" | "as-wanted";
  /** What is there; undefined when nothing is, or nothing that can be kept (a huge file, or a directory where files are meant). */
  state: FileState | undefined;
  /** Changes whenever the file does. "none": nothing is there. "directory": a directory is. */
  version: string;
}

/** Throws only the signal's reason, or a system error. Links are not followed, neither at the end of the path nor within it. */
export async function findFileState(
  root: Directory,
  step: Step,
  signal: AbortSignal,
): Promise<Found> {
  const { wanted, expected } = step;
  const version = versionOf(root, step.name);
  const isFile = isFileVersion(version);
  const hasState = isFile || (version === "directory" && isOfDirectory(step));
  const state = hasState ? await readState(root, step, signal) : undefined;
  const isReadable = !isFile || state !== undefined;
  const is = (other: FileState | undefined): boolean => isReadable && isSame(state, other, step);
  if (is(wanted)) return { now: "as-wanted", state, version };
  return { now: is(expected) ? "as-left" : "changed-since", state, version };
}

function isOfDirectory({ wanted, expected }: Step): boolean {
  return wanted?.kind === "directory" || expected?.kind === "directory";
}

/** Whether only the permission bits are to change: then they alone are looked at, and set in place. */
export function isModeOnly({ wanted, expected }: Step): boolean {
  if (wanted?.kind !== expected?.kind || wanted?.blob !== expected?.blob) return false;
  return wanted?.kind === "file" || wanted?.kind === "directory";
}

/** Synchronous, so that nothing can run between this and the replacement of the file. */
export function versionOf(root: Directory, name: Name): string {
  const { parents, entry } = entriesOf(name);
  try {
    using parent = root.descendSync(parents);
    const stats = lstatSync(parent.at(entry), { bigint: true });
    if (stats.isDirectory()) return "directory";
    return [stats.ino, stats.size, stats.mtimeNs, stats.mode].join(":");
  } catch (error) {
    if (isGone(error)) return "none";
    throw error;
  }
}

/** Whether a system call failed because nothing is there, or a link or a file is in the place of a directory above it. */
export function isGone(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR", "ELOOP"].includes(errorCode(error) ?? "");
}

export function isFileVersion(version: string): boolean {
  return version !== "none" && version !== "directory";
}

async function readState(
  root: Directory,
  step: Step,
  signal: AbortSignal,
): Promise<FileState | undefined> {
  const { parents, entry } = entriesOf(step.name);
  try {
    using parent = await root.descend(parents, signal);
    const path = parent.at(entry);
    const stats = await parent.use(() => lstat(path), signal);
    const code = nodeCode(stats);
    if (code !== undefined) return nodeState(code);
    if (stats.isSymbolicLink()) {
      const target = await parent.use(() => readlink(path, { encoding: "buffer" }), signal);
      return { kind: "link", blob: blobId(target), mode: 0o777 };
    }
    const { wanted } = step;
    if (isModeOnly(step) && wanted?.kind === "file")
      return { ...wanted, mode: stats.mode & 0o7777 };
    using file = await RegularFile.open(parent, entry, signal);
    const bytes = await file.bytes(0, maxFileBytes + 1, signal);
    if (bytes.length > maxFileBytes) return undefined;
    return { kind: "file", blob: blobId(bytes), mode: Number(file.stats.mode) & 0o7777 };
  } catch {
    signal.throwIfAborted();
    // It was removed meanwhile or cannot be read: then its state matches no other.
    return undefined;
  }
}

/** As git names a blob. */
function blobId(bytes: Uint8Array): string {
  const hasher = new Bun.CryptoHasher("sha1");
  return hasher.update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

/** The mode of a directory counts only where it is what changes: to remove one, or to find one made already, it does not. */
function isSame(a: FileState | undefined, b: FileState | undefined, step: Step): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.kind !== b.kind || a.blob !== b.blob) return false;
  const isModeFree = a.kind === "link" || (a.kind === "directory" && !isModeOnly(step));
  return isModeFree || a.mode === b.mode;
}
