/** Removes what an engine has kept of one conversation in its home of Rein's: the files that its id names, and nothing outside. */
import { opendir, realpath, rmdir, unlink } from "node:fs/promises";
import { Directory } from "../files/directory";

/** A short one would name files of others. */
const longId = /^[\w-]{20,128}$/;
const maxDepth = 8;
const maxEntries = 50_000;

/**
 * Returns how many files it has removed; 0 for an id that is too short to name one conversation alone. Follows no link.
 * Throws a system error where the home cannot be read, and the signal's reason.
 */
export async function forgetConversation(
  home: string,
  id: string,
  signal: AbortSignal,
): Promise<number> {
  if (!longId.test(id)) return 0;
  // Some name it by the beginning of its id.
  const short = `-${id.slice(0, 8)}.json`;
  const isOwn = (name: string) =>
    name.includes(id) || name.endsWith(short) || name.endsWith(`${short}l`);
  using directory = await Directory.open(await realpath(home), signal);
  return await removeIn(directory, isOwn, { depth: 0, left: { entries: maxEntries } }, signal);
}

async function removeIn(
  directory: Directory,
  isOwn: (name: string) => boolean,
  { depth, left }: { depth: number; left: { entries: number } },
  signal: AbortSignal,
): Promise<number> {
  let removed = 0;
  for await (const entry of await opendir(directory.at("."))) {
    signal.throwIfAborted();
    if (--left.entries < 0) break;
    const { name } = entry;
    if (entry.isDirectory()) {
      if (depth === maxDepth) continue;
      const inner = await directory.directory(name, signal).catch(() => undefined);
      if (inner === undefined) continue; // gone, or a link by now
      using _inner = inner;
      const which = isOwn(name) ? () => true : isOwn;
      removed += await removeIn(inner, which, { depth: depth + 1, left }, signal);
      // One that is not empty holds what is not this conversation's.
      if (isOwn(name)) await rmdir(directory.at(name)).catch(() => {});
    } else if (isOwn(name)) {
      await unlink(directory.at(name));
      removed++;
    }
  }
  return removed;
}
