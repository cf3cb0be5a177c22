/** The indexes of the working trees: the names in each, and its tree, brought up to date with what changed. */
import type { Stats } from "node:fs";
import { copyFile, rename, rm, stat, utimes } from "node:fs/promises";
import { errorCode } from "../../../shared/error-code";
import { type Git, GitError, type GitPlace } from "./git";
import { linesOf } from "./ls-files";
import { below, type Name, quote, shown, unquote } from "./git-path";
import type { Scope } from "./git-scope";

/** From this many files on they are written into one pack: 20,000 took 1.5 s and 4 MB, one by one 2 s and 82 MB. */
const packFrom = 200;

const maxFailed = 20;

export class Indexes {
  readonly #git: Git;
  /** What was last written to each index: its tree, and the names in it. */
  readonly #written = new Map<string, { tree: string; names: Set<Name> }>();

  constructor(git: Git) {
    this.#git = git;
  }

  /** The names in the index. */
  async names({ place, worktree, cwd }: Scope, signal: AbortSignal): Promise<Set<Name>> {
    const written = this.#written.get(place.index);
    if (written !== undefined) return written.names;
    const output = await this.#git.run({ args: ["ls-files"], place, cwd }, signal);
    const names = new Set(linesOf(output).map(unquote));
    if (names.size > 0)
      this.#written.set(place.index, {
        tree: await writeTree(this.#git, place, worktree.prefix, signal),
        names,
      });
    return names;
  }

  /**
   * Brings the index up to date on a copy that then takes its place: a git that is killed leaves no lock behind.
   * What cannot be read (or changes while it is being read, twice) is left out, and returned.
   */
  async write(
    { place, cwd, worktree }: Scope,
    wanted: Name[],
    seen: Map<Name, Stats>,
    signal: AbortSignal,
  ): Promise<{ tree: string; failed: Name[] }> {
    const before = this.#written.get(place.index);
    if (wanted.length === 0) return { tree: before?.tree ?? emptyTree, failed: [] };
    const copy = { ...place, index: `${place.index}.${crypto.randomUUID()}` };
    try {
      await copyIndex(place.index, copy.index);
      const blocked = wanted.filter((name) => seen.get(name)?.isDirectory());
      await this.#forget(
        copy,
        blocked.map((name) => below(worktree.prefix, name)),
        signal,
      );
      const files = wanted.filter((name) => !seen.get(name)?.isDirectory());
      const failed = await this.#update(copy, cwd, files, signal);
      const tree = await writeTree(this.#git, copy, worktree.prefix, signal);
      await rename(copy.index, place.index).catch(ignoreMissing);
      const names = new Set(before?.names);
      for (const name of wanted)
        if (isKept(seen.get(name)) && !failed.includes(name)) names.add(name);
        else if (!failed.includes(name)) names.delete(name);
      this.#written.set(place.index, { tree, names });
      return { tree, failed };
    } finally {
      await rm(copy.index, { force: true });
      await rm(`${copy.index}.lock`, { force: true });
    }
  }

  /** Removes files in whose place there is a directory now; git does not do so by itself. Names are relative to the root. */
  async #forget(place: GitPlace, names: Name[], signal: AbortSignal): Promise<void> {
    if (names.length === 0) return;
    const stdin = names.map((name) => `0 ${"0".repeat(40)}\t${quote(name)}\n`).join("");
    await this.#git.run({ args: ["update-index", "--index-info"], place, stdin }, signal);
  }

  async #update(
    place: GitPlace,
    cwd: string,
    wanted: Name[],
    signal: AbortSignal,
  ): Promise<Name[]> {
    const failed: Name[] = [];
    const pack = wanted.length >= packFrom ? ["-c", "core.bigFileThreshold=1"] : [];
    const args = [...pack, "update-index", "--add", "--remove", "--replace", "--stdin"];
    let names = wanted;
    for (let isAgain = false; ; isAgain = true) {
      try {
        const stdin = names.map((name) => `${quote(name)}\n`).join("");
        await this.#git.run({ args, place, cwd, stdin }, signal);
        return failed;
      } catch (error) {
        const name = error instanceof GitError ? nameIn(error, names) : undefined;
        if (name === undefined || failed.length >= maxFailed) throw error;
        if (isAgain) {
          failed.push(name);
          names = names.filter((one) => one !== name);
        }
      }
    }
  }
}

/** The tree of what is in an index, from `prefix` down. */
export async function writeTree(
  git: Git,
  place: GitPlace,
  prefix: Name,
  signal: AbortSignal,
): Promise<string> {
  const args = ["write-tree"];
  if (prefix !== "") args.push(`--prefix=${shown(prefix)}/`);
  try {
    return (await git.run({ args, place }, signal)).trim();
  } catch (error) {
    if (error instanceof GitError && /prefix .* not found/.test(error.message)) return emptyTree;
    throw error;
  }
}

/** The empty tree; git knows it without its object. */
export const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

function isKept(stats: Stats | undefined): boolean {
  return stats !== undefined && (stats.isFile() || stats.isSymbolicLink());
}

/** Keeps the mtime, rounded down: git rereads files that changed in the second in which its index was written. */
async function copyIndex(from: string, to: string): Promise<void> {
  const found = await stat(from).catch(ignoreMissing);
  if (found === undefined) return;
  await copyFile(from, to);
  const seconds = Math.floor(found.mtimeMs / 1000);
  await utimes(to, seconds, seconds);
}

function ignoreMissing(error: unknown): undefined {
  if (errorCode(error) !== "ENOENT") throw error;
  return undefined;
}

/** The file that git could not process. */
function nameIn({ message }: GitError, names: Name[]): Name | undefined {
  const path = /Unable to process path (.*)$/m.exec(message)?.[1];
  return path === undefined ? undefined : names.find((name) => shown(name) === path);
}
