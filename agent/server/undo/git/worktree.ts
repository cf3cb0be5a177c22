/** The repository around a directory, as far as it concerns a snapshot: which ignore rules it has, and which files it tracks. */
import { lstat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { IgnoreRules, type Limits, maxRulesBytes } from "./ignore-rules";
import { below, type Name, nameOf } from "./git-path";
import { readSmallFile } from "./small-file";
import { readTrackedNames } from "./tracked-names";

export interface Worktree {
  /** The path from the top of the working tree down to the directory; "" when it is the same. Rules apply to paths from there. */
  prefix: Name;
  /** The rules of all directories above, and of the repository itself. */
  rules: IgnoreRules;
  /** What the repository tracks below the directory, relative to it. */
  tracked: Name[];
}

/** `directory` is absolute and real; `own` are rules of ours. A directory that its repository ignores is not a part of it. */
export async function findWorktree(
  directory: string,
  own: IgnoreRules,
  limits: Limits,
): Promise<Worktree> {
  const root = await rootOf(directory);
  const prefix = nameOf(relative(root, directory));
  const read = new RulesReader(root, "", limits);
  let rules = await read.ofRepository("", own);
  let at: Name = "";
  for (const part of prefix === "" ? [] : prefix.split("/")) {
    rules = await read.ofDirectory(at, rules);
    at = below(at, part);
    if (await rules.ignores(at, true, limits)) return { prefix: "", rules: own, tracked: [] };
  }
  const names = await readTrackedNames(root, "", limits);
  const begin = prefix === "" ? "" : `${prefix}/`;
  const tracked = names.flatMap((name) =>
    name.startsWith(begin) ? [name.slice(begin.length)] : [],
  );
  return { prefix, rules, tracked };
}

async function rootOf(directory: string): Promise<string> {
  for (let root = directory; ; root = dirname(root)) {
    if (await lstat(join(root, ".git")).catch(() => undefined)) return root;
    if (root === dirname(root)) return directory;
  }
}

/** Reads the files of ignore rules below a directory. */
export class RulesReader {
  readonly #root: string;
  readonly #above: Name;
  readonly #limits: Limits;

  /** The rules apply to paths that begin with `above`, the path of `root` in its working tree. */
  constructor(root: string, above: Name, limits: Limits) {
    this.#root = root;
    this.#above = above;
    this.#limits = limits;
  }

  /** The rules that a repository keeps for this machine alone, added to `outer`. */
  ofRepository(name: Name, outer: IgnoreRules): Promise<IgnoreRules> {
    return this.#read(name, ".git/info/exclude", outer);
  }

  /** The rules of one directory, added to those of the directories above it. */
  ofDirectory(name: Name, outer: IgnoreRules): Promise<IgnoreRules> {
    return this.#read(name, ".gitignore", outer);
  }

  async #read(name: Name, file: string, outer: IgnoreRules): Promise<IgnoreRules> {
    const path = below(name, file);
    const bytes = await readSmallFile(this.#root, path, maxRulesBytes);
    if (bytes === undefined) return outer;
    const base = name === "" ? this.#above : below(this.#above, name);
    return IgnoreRules.read(bytes.toString("latin1"), base, this.#limits, outer);
  }
}
