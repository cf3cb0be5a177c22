/** A file on one side of a comparison: in the directory now, read by handle, or as it was recorded. */
import { lstat, readlink } from "node:fs/promises";
import { isUtf8 } from "node:buffer";
import { errorCode } from "../../shared/error-code";
import type { Directory } from "../files/directory";
import { NotRegularError, RegularFile } from "../files/regular-file";
import { absent, type FileVersion, versionOf } from "../tools/files/text-file";
import { entriesOf, type Name } from "../undo/git/git-path";
import { maxBlobBytes } from "./read-blobs";

export interface Side {
  kind: "none" | "file" | "link" | "directory" | "other" | "unreadable";
  /** Of a file that is not too long, and of a link where it leads. */
  bytes?: Buffer;
  /** Permission bits of a file. */
  mode?: number;
  /** Of what is there now: all of its bits, and what changes with every write. */
  fullMode?: number;
  version?: FileVersion;
  /** What stands for the bytes where there are none: their id or their version. */
  stamp?: string;
}

export const nothing: Side = { kind: "none", version: absent };

/** As it is in the directory now; no link is followed. Throws the signal's reason. */
export async function readSide(root: Directory, name: Name, signal: AbortSignal): Promise<Side> {
  const { parents, entry } = entriesOf(name);
  try {
    using parent = await root.descend(parents, signal);
    const path = parent.at(entry);
    const stats = await parent.use(() => lstat(path), signal);
    if (stats.isDirectory()) return { kind: "directory" };
    if (stats.isSymbolicLink()) {
      const bytes = await parent.use(() => readlink(path, { encoding: "buffer" }), signal);
      return { kind: "link", bytes };
    }
    using file = await RegularFile.open(parent, entry, signal);
    const mode = Number(file.stats.mode) & 0o7777;
    const now = { kind: "file", mode, fullMode: mode, version: versionOf(file.stats) } as const;
    if (file.stats.size > maxBlobBytes) return { ...now, stamp: now.version };
    const bytes = await file.bytes(0, maxBlobBytes + 1, signal);
    return bytes.length > maxBlobBytes ? { ...now, stamp: now.version } : { ...now, bytes };
  } catch (error) {
    signal.throwIfAborted();
    if (["ENOENT", "ENOTDIR", "ELOOP"].includes(errorCode(error) ?? "")) return nothing;
    return { kind: error instanceof NotRegularError ? "other" : "unreadable" };
  }
}

/** Of all files of one review together. */
export const maxAllBytes = 60_000_000;

/** The side without its bytes where no room is left for them; else they take their part of it. */
export function inRoom(side: Side, room: { bytes: number }): Side {
  const { bytes, ...rest } = side;
  if (side.kind !== "file" || bytes === undefined) return side;
  if (bytes.length > room.bytes) return { ...rest, stamp: side.version ?? "" };
  room.bytes -= bytes.length;
  return side;
}

/** Undefined: it is none, or too long. */
export function textOfSide({ kind, bytes }: Side): string | undefined {
  if (kind === "none" || kind === "directory") return "";
  if (kind !== "file" || bytes === undefined || !isText(bytes)) return undefined;
  return bytes.toString("utf8");
}

export function isText(bytes: Buffer): boolean {
  return !bytes.includes(0) && isUtf8(bytes);
}
