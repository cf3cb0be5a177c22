/** One work tree of a snapshot: which ignore rules apply in it, and which index belongs to it. */
import { join } from "node:path";
import type { Git, GitPlace } from "./git";
import { type Name, quote } from "./git-path";
import { findWorktree, type Worktree } from "./worktree";

/** The directory itself, or a repository nested in it, which has rules of its own. */
export interface Scope {
  worktree: Worktree;
  cwd: string;
  place: GitPlace;
}

/** `name` tells the scopes of one directory apart: the path from it down to `cwd`. */
export async function findScope(
  git: Git,
  gitDirectory: string,
  { cwd, name }: { cwd: string; name: Name },
  signal: AbortSignal,
): Promise<Scope> {
  const worktree = await findWorktree(cwd);
  const { root, prefix } = worktree;
  const key = Bun.hash(`${root}\0${name}`).toString(16);
  const place = { directory: gitDirectory, root, index: join(gitDirectory, "indexes", key) };
  if (prefix === "" || !(await isIgnored(git, prefix, place, signal)))
    return { worktree, cwd, place };
  // The repository around it ignores it, so its rules do not apply here.
  return {
    worktree: { root: cwd, prefix: "", repository: undefined },
    cwd,
    place: { ...place, root: cwd, index: `${place.index}-own` },
  };
}

async function isIgnored(
  git: Git,
  prefix: Name,
  place: GitPlace,
  signal: AbortSignal,
): Promise<boolean> {
  const args = ["check-ignore", "--no-index", "--stdin"];
  const call = { args, place, stdin: `${quote(`${prefix}/`)}\n`, allowed: [1] };
  return (await git.run(call, signal)) !== "";
}
