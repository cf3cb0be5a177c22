/** The files of a directory now: which have changed to git, which can be recorded, and the stat of each. */
import type { Stats } from "node:fs";
import { lstat } from "node:fs/promises";
import { errorCode } from "../../../shared/error-code";
import type { Git, GitPlace } from "./git";
import { type Name, pathOf, unquote } from "./git-path";
import { UnrecordableError } from "./unrecordable-error";

/** Larger files are not recorded. */
export const maxFileBytes = 20 * 1024 * 1024;
/** Directories with more files are not recorded at all. */
export const maxFiles = 200_000;
export const maxNewBytes = 1024 * 1024 * 1024;
/** Of what only new rules ignore. */
const maxHiddenBytes = 200 * 1024 * 1024;

export function tooManyFiles(): UnrecordableError {
  return new UnrecordableError(
    `it holds more than ${maxFiles.toLocaleString("en")} files that are not ignored`,
  );
}

/** Which files of the index have changed or are gone. Git opens those whose stat does not tell, and nothing else. */
export async function listChanged(
  git: Git,
  place: GitPlace,
  signal: AbortSignal,
): Promise<Set<Name>> {
  const args = ["ls-files", "--modified", "--deleted"];
  return new Set(linesOf(await git.run({ args, place }, signal)).map(unquote));
}

/** Which files have to be written to the index, and which are too large. Throws UnrecordableError. */
export function selectFiles(
  names: Name[],
  seen: Map<Name, Stats>,
  hidden: Set<Name>,
): { wanted: Name[]; leftOut: Name[] } {
  const wanted: Name[] = [];
  const leftOut: Name[] = [];
  let bytes = 0;
  let hiddenBytes = 0;
  for (const name of names) {
    const size = seen.get(name)?.size ?? 0;
    if (hidden.has(name)) hiddenBytes += size;
    if (size > maxFileBytes || (hidden.has(name) && hiddenBytes > maxHiddenBytes))
      leftOut.push(name);
    else {
      wanted.push(name);
      bytes += size;
    }
  }
  if (bytes > maxNewBytes)
    throw new UnrecordableError(
      `it holds more than ${maxNewBytes / 1024 / 1024} MB that is new and not ignored`,
    );
  return { wanted, leftOut };
}

export interface SeenFiles {
  stats: Map<Name, Stats>;
  /** Those that may be there: a directory above them cannot be searched, or the disk fails. */
  unseen: Name[];
}

/** The stat of each file that exists, by name; links are not followed. */
export async function statFiles(
  cwd: string,
  names: Iterable<Name>,
  signal: AbortSignal,
): Promise<SeenFiles> {
  const seen: SeenFiles = { stats: new Map(), unseen: [] };
  const all = [...names];
  for (let at = 0; at < all.length; at += 2000) {
    signal.throwIfAborted();
    const some = all.slice(at, at + 2000);
    const settled = await Promise.allSettled(some.map((name) => lstat(pathOf(cwd, name))));
    for (const [index, one] of settled.entries())
      if (one.status === "fulfilled") seen.stats.set(some[index]!, one.value);
      else if (!["ENOENT", "ENOTDIR"].includes(errorCode(one.reason) ?? ""))
        seen.unseen.push(some[index]!);
  }
  return seen;
}

export function linesOf(output: string): string[] {
  return output.split("\n").filter((line) => line !== "");
}
