/** The repository around a directory, as far as it concerns a snapshot: which ignore rules it has, and which files it tracks. */
import { lstat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { IgnoreRules, maxRulesBytes, type StepBudget } from "./ignore-rules";
import { below, type Name, nameOf, pathOf } from "./git-path";
import { readRegularFile } from "./regular-file";
import { readTrackedNames } from "./tracked-names";

export interface Worktree {
  /** The path from the top of the working tree down to the directory; "" when it is the same. Rules apply to paths from there. */
  prefix: Name;
  /** The rules of all directories above, and of the repository itself. */
  rules: IgnoreRules;
  /** What the repository tracks below the directory, relative to it. */
  tracked: Name[];
}

/** `directory` is absolute and real; `own` are rules of ours. A directory that the repository ignores is not a part of it. */
export async function findWorktree(
  directory: string,
  own: IgnoreRules,
  budget: StepBudget,
  signal: AbortSignal,
): Promise<Worktree> {
  const root = await rootOf(directory);
  const prefix = nameOf(relative(root, directory));
  let rules = await repositoryRules(root, "", budget, own);
  let at: Name = "";
  for (const part of prefix === "" ? [] : prefix.split("/")) {
    rules = await rulesIn(pathOf(root, at), at, budget, rules);
    at = below(at, part);
    if (rules.ignores(at, true, budget)) return { prefix: "", rules: own, tracked: [] };
  }
  const names = await readTrackedNames(join(root, ".git"), budget, signal);
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

/** The rules that a repository keeps for this machine alone, if it has any. */
export async function repositoryRules(
  root: string | Buffer,
  base: Name,
  budget: StepBudget,
  outer: IgnoreRules,
): Promise<IgnoreRules> {
  return read(root, ".git/info/exclude", base, budget, outer);
}

/** The rules of one directory, added to those of the directories above it. */
export async function rulesIn(
  directory: string | Buffer,
  base: Name,
  budget: StepBudget,
  outer: IgnoreRules,
): Promise<IgnoreRules> {
  return read(directory, ".gitignore", base, budget, outer);
}

async function read(
  directory: string | Buffer,
  name: string,
  base: Name,
  budget: StepBudget,
  outer: IgnoreRules,
): Promise<IgnoreRules> {
  const path = Buffer.concat([Buffer.from(directory), Buffer.from(`/${name}`)]);
  const text = await readRegularFile(path, maxRulesBytes);
  return text === undefined ? outer : new IgnoreRules(text.toString("latin1"), base, budget, outer);
}
