/** Reads a small file of a foreign directory: whatever stands in its place, the read ends and is bounded. */
import { Directory } from "../../files/directory";
import { RegularFile } from "../../files/regular-file";
import type { Name } from "./git-path";

/**
 * `root` is absolute and real. Undefined when the file is not there, when the way from `root` leads through a link, and when it is
 * no regular file, larger than `maxBytes`, or not readable. Throws the signal's reason.
 */
export async function readSmallFile(
  root: string,
  name: Name,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  try {
    using top = await Directory.open(root, signal);
    const names = name.split("/").map((part) => Buffer.from(part, "latin1"));
    using parent = await top.descend(names.slice(0, -1), signal);
    using file = await RegularFile.open(parent, names.at(-1)!, signal);
    const bytes = await file.bytes(0, maxBytes + 1, signal);
    return bytes.length > maxBytes ? undefined : bytes;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
