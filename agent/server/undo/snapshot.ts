/** What stands in a directory at one moment, kept in a git directory of our own: every file that is not ignored. */
import type { Stats } from "node:fs";
import { copyFile, lstat, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { type Git, GitError, type GitPlace } from "./git";
import { below, type Name, pathOf, quote, shown, unquote } from "./names";
import { findWorktree, ownExcludes, type Worktree } from "./worktree";

/** Larger files are not kept. */
export const maxFileBytes = 20 * 1024 * 1024;
/** Directories with more than this are not kept at all. */
export const maxFiles = 200_000;
export const maxNewBytes = 1024 * 1024 * 1024;

/** From this many files on they are written into one pack: 20,000 took 1.5 s and 4 MB, one by one 2 s and 82 MB. */
const packFrom = 200;

export interface Snapshot {
  /** The id of a git tree; names in it are relative to the directory. */
  tree: string;
  /** Permission bits, where they are not what the umask makes of a file (git keeps only whether it can be executed). */
  modes: Map<Name, number>;
  /** Too large, or not to be read: nothing is known of what is in them. */
  leftOut: Name[];
}

/** The directory is too large to be kept; the message says so. */
export class TooLarge extends Error {
  override readonly name = "TooLarge";
}

/** One working tree: the directory itself, or a repository nested in it, which has rules of its own. */
interface Scope {
  worktree: Worktree;
  cwd: string;
  place: GitPlace;
}

interface Taken {
  tree: string;
  modes: [Name, number][];
  leftOut: Name[];
  nested: Name[];
}

export class Snapshots {
  readonly #git: Git;
  readonly #gitDirectory: string;
  readonly #directory: string;
  /** What was last written to each index: its tree, and the names in it. */
  readonly #written = new Map<string, { tree: string; names: Set<Name> }>();
  /** Trees made of others, by what they were made of. */
  readonly #combined = new Map<string, string>();

  /** `directory` is absolute and real; `gitDirectory` was made by `makeGitDirectory`, and is this directory's alone. */
  constructor(git: Git, gitDirectory: string, directory: string) {
    this.#git = git;
    this.#gitDirectory = gitDirectory;
    this.#directory = directory;
  }

  /** Looks at every file, and keeps what is new. Only one may be under way. Throws GitError, TooLarge, or the signal's reason. */
  async take(signal: AbortSignal): Promise<Snapshot> {
    const main = await this.#takeScope(this.#directory, "", signal);
    const trees = [{ name: "", tree: main.tree }];
    const { modes, leftOut } = main;
    const waiting = main.nested.map((name) => ({ name }));
    for (const { name } of waiting) {
      const taken = await this.#takeScope(`${this.#directory}/${shown(name)}`, name, signal);
      trees.push({ name, tree: taken.tree });
      modes.push(...taken.modes.map(([file, mode]) => [below(name, file), mode] as [Name, number]));
      leftOut.push(...taken.leftOut.map((file) => below(name, file)));
      waiting.push(...taken.nested.map((inner) => ({ name: below(name, inner) })));
    }
    return { tree: await this.#combine(trees, signal), modes: new Map(modes), leftOut };
  }

  async #takeScope(cwd: string, name: Name, signal: AbortSignal): Promise<Taken> {
    const scope = await this.#scope(cwd, name, signal);
    const known = await this.#names(scope, signal);
    // Side by side: git finds what has changed, and this what the permissions are.
    const [listing, hidden, seen] = await Promise.all([
      this.#list(scope, signal),
      this.#trackedThoughIgnored(scope, signal),
      look(cwd, known, signal),
    ]);
    const others = [...listing.others, ...hidden.filter((file) => !known.has(file))];
    if (known.size + others.length > maxFiles)
      throw new TooLarge(
        `it holds more than ${maxFiles.toLocaleString("en")} files that are not ignored`,
      );
    for (const [file, stats] of await look(cwd, others, signal)) seen.set(file, stats);
    const { wanted, leftOut } = sift([...others, ...listing.changed], seen);
    const { tree, failed } = await this.#write(scope, wanted, seen, signal);
    const modes = [...seen].flatMap(([file, stats]): [Name, number][] =>
      isUnusual(stats) ? [[file, stats.mode & 0o7777]] : [],
    );
    return { tree, modes, leftOut: [...leftOut, ...failed], nested: listing.nested };
  }

  async #scope(cwd: string, name: Name, signal: AbortSignal): Promise<Scope> {
    let worktree = await findWorktree(cwd);
    const key = Bun.hash(`${worktree.root}\0${name}`).toString(16);
    const place: GitPlace = {
      directory: this.#gitDirectory,
      root: worktree.root,
      index: join(this.#gitDirectory, "indexes", key),
    };
    if (worktree.prefix !== "" && (await this.#isIgnored(worktree.prefix, place, signal))) {
      // Of no account to the repository around it: it is a world of its own.
      worktree = { root: cwd, prefix: "", repository: undefined };
      place.root = cwd;
      place.index += "-own";
    }
    return { worktree, cwd, place };
  }

  async #isIgnored(prefix: Name, place: GitPlace, signal: AbortSignal): Promise<boolean> {
    const args = ["check-ignore", "--no-index", "--stdin"];
    const call = { args, place, stdin: `${quote(`${prefix}/`)}\n`, allowed: [1] };
    return (await this.#git.run(call, signal)) !== "";
  }

  /** The names in the index. */
  async #names({ place, worktree, cwd }: Scope, signal: AbortSignal): Promise<Set<Name>> {
    const written = this.#written.get(place.index);
    if (written !== undefined) return written.names;
    const output = await this.#git.run({ args: ["ls-files"], place, cwd }, signal);
    const names = new Set(linesOf(output).map(unquote));
    if (names.size > 0)
      this.#written.set(place.index, {
        tree: await this.#writeTree(place, worktree.prefix, signal),
        names,
      });
    return names;
  }

  async #list({ worktree, place, cwd }: Scope, signal: AbortSignal): Promise<Listing> {
    const own = await ownExcludes(worktree);
    const args = ["ls-files", "-t", "--modified", "--deleted", "--others", "--exclude-standard"];
    if (own !== undefined) args.push(`--exclude-from=${own}`);
    return readListing(await this.#git.run({ args, place, cwd }, signal));
  }

  /** Files that the person's repository tracks are no more ignored than any other. Reads its index, and takes no lock. */
  async #trackedThoughIgnored(
    { worktree: { repository, root }, place, cwd }: Scope,
    signal: AbortSignal,
  ): Promise<Name[]> {
    if (repository === undefined) return [];
    const excludes = `--exclude-from=${join(place.directory, "info/exclude")}`;
    const options = ["-c", "core.fsmonitor=false", "-c", "core.quotePath=true"];
    const args = [...options, "ls-files", "--cached", "--ignored", "--exclude-standard", excludes];
    const output = await this.#git.ask({ args, repository, root, cwd }, signal);
    return linesOf(output).map(unquote);
  }

  /**
   * Brings the index up to date on a copy that then takes its place: a git that is killed leaves no lock behind.
   * What cannot be read (or changes while it is being read, twice) is left out, and returned.
   */
  async #write(
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
      const tree = await this.#writeTree(copy, worktree.prefix, signal);
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

  /** Files in whose place there is a directory now: git does not take them out by itself. Names are from the root. */
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

  async #writeTree(place: GitPlace, prefix: Name, signal: AbortSignal): Promise<string> {
    const args = ["write-tree"];
    if (prefix !== "") args.push(`--prefix=${shown(prefix)}/`);
    try {
      return (await this.#git.run({ args, place }, signal)).trim();
    } catch (error) {
      if (error instanceof GitError && /prefix .* not found/.test(error.message)) return emptyTree;
      throw error;
    }
  }

  /** One tree of several, the nested ones in their places. */
  async #combine(trees: { name: Name; tree: string }[], signal: AbortSignal): Promise<string> {
    if (trees.length === 1) return trees[0]!.tree;
    const key = trees.map(({ name, tree }) => `${tree} ${name}`).join("\0");
    const known = this.#combined.get(key);
    if (known !== undefined) return known;
    const index = join(this.#gitDirectory, "indexes", crypto.randomUUID());
    const place = { directory: this.#gitDirectory, root: this.#directory, index };
    try {
      for (const { name, tree } of trees) {
        const args = ["read-tree", ...(name === "" ? [] : [`--prefix=${shown(name)}/`]), tree];
        if (tree !== emptyTree) await this.#git.run({ args, place }, signal);
      }
      const tree = await this.#writeTree(place, "", signal);
      this.#combined.set(key, tree);
      return tree;
    } finally {
      await rm(index, { force: true });
    }
  }
}

/** The tree of nothing: git knows it without being told. */
export const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

const maxFailed = 20;

interface Listing {
  others: Name[];
  changed: Set<Name>;
  nested: Name[];
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

/** What has to be written anew, and what is too large for it. */
function sift(names: Name[], seen: Map<Name, Stats>): { wanted: Name[]; leftOut: Name[] } {
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
    throw new TooLarge(
      `it holds more than ${maxNewBytes / 1024 / 1024} MB that is new and not ignored`,
    );
  return { wanted, leftOut };
}

/** What is there, by name; links are not followed. */
async function look(
  cwd: string,
  names: Iterable<Name>,
  signal: AbortSignal,
): Promise<Map<Name, Stats>> {
  const seen = new Map<Name, Stats>();
  const all = [...names];
  for (let at = 0; at < all.length; at += 2000) {
    signal.throwIfAborted();
    const some = all.slice(at, at + 2000);
    const looks = await Promise.allSettled(some.map((name) => lstat(pathOf(cwd, name))));
    for (const [index, one] of looks.entries())
      if (one.status === "fulfilled") seen.set(some[index]!, one.value);
  }
  return seen;
}

function isKept(stats: Stats | undefined): boolean {
  return stats !== undefined && (stats.isFile() || stats.isSymbolicLink());
}

/** Whether the permission bits differ from those that a new file would get. */
function isUnusual(stats: Stats): boolean {
  return stats.isFile() && (stats.mode & 0o7777) !== usualMode((stats.mode & 0o100) !== 0);
}

export function usualMode(isExecutable: boolean): number {
  return (isExecutable ? 0o777 : 0o666) & ~umask;
}

const umask = process.umask();

/** With its time, rounded down: git distrusts what changed in the very second in which its index was written. */
async function copyIndex(from: string, to: string): Promise<void> {
  const found = await stat(from).catch(ignoreMissing);
  if (found === undefined) return;
  await copyFile(from, to);
  const seconds = Math.floor(found.mtimeMs / 1000);
  await utimes(to, seconds, seconds);
}

function ignoreMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  return undefined;
}

/** The file that git has stumbled over. */
function nameIn({ message }: GitError, names: Name[]): Name | undefined {
  const told = /Unable to process path (.*)$/m.exec(message)?.[1];
  return told === undefined ? undefined : names.find((name) => shown(name) === told);
}

function linesOf(output: string): string[] {
  return output.split("\n").filter((line) => line !== "");
}
