/** The files of a work tree now: which are new or changed to git, and the stat of each. */
import type { Stats } from "node:fs";
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import type { Git } from "./git";
import { type Name, pathOf, unquote } from "./git-path";
import type { Scope } from "./git-scope";
import { ownExcludes } from "./worktree";

/** Larger files are not recorded. */
export const maxFileBytes = 20 * 1024 * 1024;
/** Directories with more files are not recorded at all. */
export const maxFiles = 200_000;
export const maxNewBytes = 1024 * 1024 * 1024;

/** The directory is too large to be recorded; the message says so. */
export class TooLargeError extends Error {
  override readonly name = "TooLarge";
}

/** What git finds, compared with its index. */
export interface Listing {
  /** New, and not ignored. */
  others: Name[];
  changed: Set<Name>;
  /** Repositories of their own. */
  nested: Name[];
}

export async function listFiles(
  git: Git,
  { worktree, place, cwd }: Scope,
  signal: AbortSignal,
): Promise<Listing> {
  const own = await ownExcludes(worktree);
  const args = ["ls-files", "-t", "--modified", "--deleted", "--others", "--exclude-standard"];
  if (own !== undefined) args.push(`--exclude-from=${own}`);
  return readListing(await git.run({ args, place, cwd }, signal));
}

/** Files that the person's repository tracks are no more ignored than any other. Reads its index, and takes no lock. */
export async function listTrackedIgnored(
  git: Git,
  { worktree: { repository, root }, place, cwd }: Scope,
  signal: AbortSignal,
): Promise<Name[]> {
  if (repository === undefined) return [];
  const excludes = `--exclude-from=${join(place.directory, "info/exclude")}`;
  const options = ["-c", "core.fsmonitor=false", "-c", "core.quotePath=true"];
  const args = [...options, "ls-files", "--cached", "--ignored", "--exclude-standard", excludes];
  const output = await git.ask({ args, repository, root, cwd }, signal);
  return linesOf(output).map(unquote);
}

/** Lines of `ls-files -t`: `C` changed, `R` removed (and changed), `?` other. A nested repository is an other with a slash. */
function readListing(output: string): Listing {
  const listing: Listing = { others: [], changed: new Set(), nested: [] };
  for (const line of linesOf(output)) {
    const name = unquote(line.slice(2));
    if (line[0] !== "?") listing.changed.add(name);
    else if (name.endsWith("/")) listing.nested.push(name.slice(0, -1));
    else listing.others.push(name);
  }
  return listing;
}

/** Which files have to be written to the index, and which are too large. Throws TooLargeError. */
export function selectFiles(
  names: Name[],
  seen: Map<Name, Stats>,
): { wanted: Name[]; leftOut: Name[] } {
  const wanted: Name[] = [];
  const leftOut: Name[] = [];
  let bytes = 0;
  for (const name of names) {
    const size = seen.get(name)?.size ?? 0;
    if (size > maxFileBytes) leftOut.push(name);
    else {
      wanted.push(name);
      bytes += size;
    }
  }
  if (bytes > maxNewBytes)
    throw new TooLargeError(
      `it holds more than ${maxNewBytes / 1024 / 1024} MB that is new and not ignored`,
    );
  return { wanted, leftOut };
}

/** The stat of each file that exists, by name; links are not followed. */
export async function statFiles(
  cwd: string,
  names: Iterable<Name>,
  signal: AbortSignal,
): Promise<Map<Name, Stats>> {
  const seen = new Map<Name, Stats>();
  const all = [...names];
  for (let at = 0; at < all.length; at += 2000) {
    signal.throwIfAborted();
    const some = all.slice(at, at + 2000);
    const settled = await Promise.allSettled(some.map((name) => lstat(pathOf(cwd, name))));
    for (const [index, one] of settled.entries())
      if (one.status === "fulfilled") seen.set(some[index]!, one.value);
  }
  return seen;
}

export function linesOf(output: string): string[] {
  return output.split("\n").filter((line) => line !== "");
}
