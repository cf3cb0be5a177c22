/** What git does not record: directories, FIFOs, sockets and devices. Told by a stat alone: none of them is ever opened. */
import { constants, type Stats } from "node:fs";
import type { FileState } from "./tree-diff";

/** Its type, permission bits and device in one number; undefined for a file or a link. */
export function nodeCode({ mode, rdev }: Pick<Stats, "mode" | "rdev">): number | undefined {
  const type = mode & constants.S_IFMT;
  if (type === constants.S_IFREG || type === constants.S_IFLNK) return undefined;
  return (type === constants.S_IFDIR ? 0 : rdev) * 0x10000 + mode;
}

export function nodeState(code: number): FileState {
  const mode = code % 0x10000;
  const type = mode & constants.S_IFMT;
  if (type === constants.S_IFDIR) return { kind: "directory", blob: "", mode: mode & 0o7777 };
  return { kind: "special", blob: `${type}:${Math.floor(code / 0x10000)}`, mode: mode & 0o7777 };
}

/** Type and device of a special file, as mknod(2) takes them. */
export function specialOf({ blob }: FileState): { type: number; device: number } {
  const [type = 0, device = 0] = blob.split(":").map(Number);
  return { type, device };
}
