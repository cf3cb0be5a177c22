/** Finds paths by a few letters of them, as a person types them after `@`. */
import { setImmediate } from "node:timers/promises";

/** A path with its lower-case form, so that it is made once for many searches. */
export interface SearchedPath {
  path: string;
  lower: string;
}

/** So many are compared before others have their turn: a few milliseconds. */
const batchSize = 5000;

/**
 * The `limit` best of the paths that have the letters of `query` in this order, the best first: those whose name begins
 * with it, whose name has it, that have it anywhere, whose name has its letters, that have its letters. Of equals the
 * shorter comes first. A folder ends with a slash. Throws the signal's reason.
 */
export async function bestPaths(
  paths: readonly SearchedPath[],
  query: string,
  limit: number,
  signal: AbortSignal,
): Promise<string[]> {
  const wanted = query.toLowerCase();
  const ranks: SearchedPath[][] = [[], [], [], [], []];
  for (let at = 0; at < paths.length; at += batchSize) {
    if (at > 0) await setImmediate();
    signal.throwIfAborted();
    for (const one of paths.slice(at, at + batchSize)) ranks[rankOf(one.lower, wanted)]?.push(one);
    // Only so many of a rank can be shown: an empty query matches everything.
    for (const [index, rank] of ranks.entries())
      if (rank.length > batchSize) ranks[index] = rank.toSorted(shorterFirst).slice(0, limit);
  }
  return ranks
    .flatMap((rank) => rank.toSorted(shorterFirst).slice(0, limit))
    .slice(0, limit)
    .map(({ path }) => path);
}

function shorterFirst(a: SearchedPath, b: SearchedPath): number {
  return a.path.length - b.path.length || (a.path < b.path ? -1 : 1);
}

/** Its place among the ranks; -1 for none. */
function rankOf(path: string, query: string): number {
  const at = path.lastIndexOf(query);
  const nameAt = path.lastIndexOf("/", path.length - 2) + 1;
  if (at >= nameAt) return path.startsWith(query, nameAt) ? 0 : 1;
  if (at !== -1) return 2;
  if (hasLetters(path, query, nameAt)) return 3;
  return hasLetters(path, query, 0) ? 4 : -1;
}

function hasLetters(path: string, query: string, from: number): boolean {
  let at = from;
  for (const letter of query) {
    at = path.indexOf(letter, at) + letter.length;
    if (at < letter.length) return false;
  }
  return true;
}
