/** The state of a file now, compared with the expected and the wanted one. */
import { lstatSync } from "node:fs";
import { lstat, readFile, readlink } from "node:fs/promises";
import type { FileState } from "./git/tree-diff";
import { type Name, parentsOf, pathOf } from "./git/git-path";
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

/** Never throws for what is there. Links are not followed, neither at the end of the path nor within it. */
export async function findFileState(directory: string, step: Step): Promise<Found> {
  const version = versionOf(directory, step.name);
  const isFile = version !== "none" && version !== "directory";
  const state = isFile ? await readState(directory, step.name) : undefined;
  const isReadable = !isFile || state !== undefined;
  if (isReadable && isSame(state, step.wanted)) return { now: "as-wanted", state, version };
  if (isReadable && isSame(state, step.expected)) return { now: "as-left", state, version };
  return { now: "changed-since", state, version };
}

/** Synchronous, so that nothing can run between this and the replacement of the file. */
export function versionOf(directory: string, name: Name): string {
  for (const parent of parentsOf(name).toReversed()) {
    const stats = lstatSync(pathOf(directory, parent), { throwIfNoEntry: false });
    if (!stats?.isDirectory()) return "none";
  }
  const stats = lstatSync(pathOf(directory, name), { bigint: true, throwIfNoEntry: false });
  if (stats === undefined) return "none";
  if (stats.isDirectory()) return "directory";
  return [stats.ino, stats.size, stats.mtimeNs, stats.mode].join(":");
}

async function readState(directory: string, name: Name): Promise<FileState | undefined> {
  const path = pathOf(directory, name);
  try {
    const stats = await lstat(path);
    if (stats.isSymbolicLink()) {
      const target = await readlink(path, { encoding: "buffer" });
      return { kind: "link", blob: blobId(target), mode: 0o777 };
    }
    if (!stats.isFile() || stats.size > maxFileBytes) return undefined;
    return { kind: "file", blob: blobId(await readFile(path)), mode: stats.mode & 0o7777 };
  } catch {
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
