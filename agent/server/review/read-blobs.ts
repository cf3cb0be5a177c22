/** The bytes of blobs by their ids, as they are: no filter, no line ends. */
import type { Jobs } from "../processes/jobs";
import { LookError, lookWithGit } from "./look-with-git";

/** Of one, and of all together. */
export const maxBlobBytes = 1_000_000;
const maxAllBytes = 30_000_000;

export interface ObjectPlace {
  cwd: string;
  env?: Record<string, string>;
  isOwn?: true;
}

/** Undefined: too long, missing, or there was no room for it. Throws as `lookWithGit` does. */
export async function readBlobs(
  jobs: Jobs,
  place: ObjectPlace,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, Buffer | undefined>> {
  const found = new Map<string, Buffer | undefined>(ids.map((id) => [id, undefined]));
  if (found.size === 0) return found;
  const names = (some: Iterable<string>) => [...some].map((id) => `${id}\n`).join("");
  const check = { ...place, args: ["cat-file", "--batch-check"], stdin: names(found.keys()) };
  let room = maxAllBytes;
  const wanted = (await lookWithGit(jobs, check, signal)).split("\n").flatMap((line) => {
    const [id = "", type, size = ""] = line.split(" ");
    const bytes = Number(size);
    if (type !== "blob" || !(bytes <= maxBlobBytes) || bytes > room) return [];
    room -= bytes;
    return [id];
  });
  if (wanted.length === 0) return found;
  const read = { ...place, args: ["cat-file", "--batch"], stdin: names(wanted) };
  const all = Buffer.from(await lookWithGit(jobs, { ...read, isBinary: true }, signal), "base64");
  for (let at = 0; at < all.length;) {
    const end = all.indexOf(10, at);
    const [id = "", type, size] = all.toString("latin1", at, end).split(" ");
    const length = Number(size);
    if (end === -1 || type !== "blob" || !(end + 1 + length < all.length))
      throw new LookError("git has not given all of what it was asked for");
    found.set(id, all.subarray(end + 1, end + 1 + length));
    at = end + 1 + length + 1;
  }
  return found;
}
