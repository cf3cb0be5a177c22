/** Reads a small file of a foreign directory: whatever stands in its place, the read ends and is bounded. */
import { constants } from "node:fs";
import { lstat, open } from "node:fs/promises";

/**
 * Undefined when it is not there, not a regular file (a link, a FIFO, a device), larger than `maxBytes`, or
 * not readable. A file that becomes a FIFO between the two looks does not block: the open does not wait.
 */
export async function readRegularFile(
  path: string | Buffer,
  maxBytes: number,
): Promise<Buffer | undefined> {
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
