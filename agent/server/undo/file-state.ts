/** The state of a file now, compared with the expected and the wanted one. */
import { lstatSync } from "node:fs";
import { lstat, readlink } from "node:fs/promises";
import { errorCode } from "../../shared/error-code";
import type { Directory } from "../files/directory";
import { RegularFile } from "../files/regular-file";
import type { FileState } from "./git/tree-diff";
import { entriesOf, type Name } from "./git/git-path";
import { maxFileBytes } from "./git/ls-files";

/** One file to bring from one state to another. Absent: there is, or is to be, no such file. */
export interface Step {
  name: Name;
  expected?: FileState;
  wanted?: FileState;
}

export interface Found {
  now: "as-left" | "changed-since" | "as-wanted";
  /** What is there; undefined when nothing is, or nothing that can be kept (a directory, a device, a huge file). */
  state: FileState | undefined;
  /** Changes whenever the file does. "none": nothing is there. "directory": a directory is. */
  version: string;
}

/** Throws only the signal's reason. Links are not followed, neither at the end of the path nor within it. */
export async function findFileState(
  root: Directory,
  step: Step,
  signal: AbortSignal,
): Promise<Found> {
  const version = versionOf(root, step.name);
  const isFile = version !== "none" && version !== "directory";
  const state = isFile ? await readState(root, step.name, signal) : undefined;
  const isReadable = !isFile || state !== undefined;
  if (isReadable && isSame(state, step.wanted)) return { now: "as-wanted", state, version };
  if (isReadable && isSame(state, step.expected)) return { now: "as-left", state, version };
  return { now: "changed-since", state, version };
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
    // Nothing is there, or a link or a file is in the place of a directory above it.
    if (["ENOENT", "ENOTDIR", "ELOOP"].includes(errorCode(error) ?? "")) return "none";
    throw error;
  }
}

async function readState(
  root: Directory,
  name: Name,
  signal: AbortSignal,
): Promise<FileState | undefined> {
  const { parents, entry } = entriesOf(name);
  try {
    using parent = await root.descend(parents, signal);
    const path = parent.at(entry);
    if ((await parent.use(() => lstat(path), signal)).isSymbolicLink()) {
      const target = await parent.use(() => readlink(path, { encoding: "buffer" }), signal);
      return { kind: "link", blob: blobId(target), mode: 0o777 };
    }
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

export function isSame(a: FileState | undefined, b: FileState | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.kind === b.kind && a.blob === b.blob && (a.kind === "link" || a.mode === b.mode);
}
