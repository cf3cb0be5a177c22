/** Reads a small file of a foreign directory: whatever stands in its place, the read ends and is bounded. */
import { constants } from "node:fs";
import { lstat, open } from "node:fs/promises";
import { type Name, pathOf } from "./git-path";

/**
 * Undefined when the file is not there, a link, a device, a pipe, larger than `maxBytes`, or not readable. A file that becomes a
 * pipe between the two looks does not hold it up: the open does not wait. Directories on the way may be links: what is read
 * are only ignore rules and names, and opening each name by its handle takes quadratic time in deep trees.
 */
export async function readSmallFile(
  root: string,
  name: Name,
  maxBytes: number,
): Promise<Buffer | undefined> {
  const path = pathOf(root, name);
  try {
    if (!(await lstat(path)).isFile()) return undefined;
    await using file = await open(path, flags);
    const stats = await file.stat();
    if (!stats.isFile() || stats.size > maxBytes) return undefined;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(stats.size), 0, stats.size, 0);
    return buffer.subarray(0, bytesRead);
  } catch {
    return undefined;
  }
}

const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
