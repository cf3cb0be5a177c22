/** The work tree that a directory belongs to, whose ignore rules apply in it. */
import { stat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { type Name, nameOf } from "./git-path";

export interface Worktree {
  /** Where the ignore rules begin: the top of the person's repository, or the directory itself. Absolute. */
  root: string;
  /** The path from there down to the directory; "" when it is the same. */
  prefix: Name;
  /** The person's repository: a directory, or the file that names it. Only read, never written. */
  repository: string | undefined;
}

/** `directory` is absolute and real. */
export async function findWorktree(directory: string): Promise<Worktree> {
  for (let root = directory; ; root = dirname(root)) {
    const repository = join(root, ".git");
    if (await exists(repository))
      return { root, prefix: nameOf(relative(root, directory)), repository };
    if (root === dirname(root)) return { root: directory, prefix: "", repository: undefined };
  }
}

/** The rules that a repository keeps for this machine alone, if it has any. */
export async function ownExcludes({ repository }: Worktree): Promise<string | undefined> {
  const path = repository && join(repository, "info/exclude");
  return path !== undefined && (await exists(path)) ? path : undefined;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
