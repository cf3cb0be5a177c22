/** The index of a directory, in a git directory of our own: its names and its tree, brought up to date with what changed. */
import type { Stats } from "node:fs";
import { copyFile, rename, rm, stat, utimes } from "node:fs/promises";
import { errorCode } from "../../../shared/error-code";
import { type Git, GitError, type GitPlace, objectPlace } from "./git";
import { linesOf } from "./ls-files";
import { type Name, quote, shown, unquote } from "./git-path";

/** From this many files on they are written into one pack: 20,000 took 1.5 s and 4 MB, one by one 2 s and 82 MB. */
const packFrom = 200;

const maxFailed = 20;

export class FileIndex {
  readonly #git: Git;
  readonly #place: GitPlace;
  /** What was last written: its tree, and the names in it. */
  #written: { tree: string; names: Set<Name> } | undefined;

  constructor(git: Git, place: GitPlace) {
    this.#git = git;
    this.#place = place;
  }

  /** The names in the index. */
  async names(signal: AbortSignal): Promise<Set<Name>> {
    if (this.#written !== undefined) return this.#written.names;
    const output = await this.#git.run({ args: ["ls-files"], place: this.#place }, signal);
    const names = new Set(linesOf(output).map(unquote));
    const tree = names.size > 0 ? await this.#writeTree(this.#place, signal) : emptyTree;
    this.#written = { tree, names };
    return names;
  }

  /**
   * Brings the index up to date on a copy that then takes its place: a git that is killed leaves no lock behind.
   * What cannot be read (or changes while it is being read, twice) is left out, and returned.
   */
  async write(
    wanted: Name[],
    seen: Map<Name, Stats>,
    signal: AbortSignal,
  ): Promise<{ tree: string; failed: Name[] }> {
    const before = this.#written;
    if (wanted.length === 0) return { tree: before?.tree ?? emptyTree, failed: [] };
    const { index } = this.#place;
    const copy = { ...this.#place, index: `${index}.${crypto.randomUUID()}` };
    try {
      await copyIndex(index, copy.index);
      const files = wanted.filter((name) => isKept(seen.get(name)));
      const gone = wanted.filter((name) => !isKept(seen.get(name)));
      await this.#forget(copy, gone, signal);
      const failed = await this.#update(copy, files, signal);
      const tree = await this.#writeTree(copy, signal);
      await rename(copy.index, index).catch(ignoreMissing);
      const names = new Set(before?.names);
      for (const name of gone) names.delete(name);
      for (const name of files) if (!failed.includes(name)) names.add(name);
      this.#written = { tree, names };
      return { tree, failed };
    } finally {
      await rm(copy.index, { force: true });
      await rm(`${copy.index}.lock`, { force: true });
    }
  }

  /** Removes names, whatever is in their places now: git itself refuses to remove one that leads through a link. */
  async #forget(place: GitPlace, names: Name[], signal: AbortSignal): Promise<void> {
    if (names.length === 0) return;
    const stdin = names.map((name) => `0 ${"0".repeat(40)}\t${quote(name)}\n`).join("");
    await this.#runWithoutFiles({ args: ["update-index", "--index-info"], stdin }, place, signal);
  }

  async #update(place: GitPlace, wanted: Name[], signal: AbortSignal): Promise<Name[]> {
    if (wanted.length === 0) return [];
    const failed: Name[] = [];
    const pack = wanted.length >= packFrom ? ["-c", "core.bigFileThreshold=1"] : [];
    const args = [...pack, "update-index", "--add", "--remove", "--replace", "--stdin"];
    let names = wanted;
    for (let isAgain = false; ; isAgain = true) {
      try {
        const stdin = names.map((name) => `${quote(name)}\n`).join("");
        await this.#git.run({ args, place, stdin }, signal);
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

  async #writeTree(place: GitPlace, signal: AbortSignal): Promise<string> {
    return (await this.#runWithoutFiles({ args: ["write-tree"] }, place, signal)).trim();
  }

  /** For a command that looks at no file: a newer mtime of the index would say that none has changed until then. */
  async #runWithoutFiles(
    call: { args: string[]; stdin?: string },
    { directory, index }: GitPlace,
    signal: AbortSignal,
  ): Promise<string> {
    const seconds = await secondOf(index);
    const place = { ...objectPlace(directory), index };
    const output = await this.#git.run({ ...call, place }, signal);
    if (seconds !== undefined) await utimes(index, seconds, seconds);
    return output;
  }
}

/** The empty tree; git knows it without its object. */
const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

function isKept(stats: Stats | undefined): boolean {
  return stats !== undefined && (stats.isFile() || stats.isSymbolicLink());
}

/** Keeps the mtime, rounded down: git rereads files that changed in the second in which its index was written. */
async function copyIndex(from: string, to: string): Promise<void> {
  const seconds = await secondOf(from);
  if (seconds === undefined) return;
  await copyFile(from, to);
  await utimes(to, seconds, seconds);
}

/** The second in which a file was written. */
async function secondOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(ignoreMissing);
  return found && Math.floor(found.mtimeMs / 1000);
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
