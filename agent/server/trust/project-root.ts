/** The directory by which answers about a project are kept, for every session in it. */
import { lstat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { abortable } from "../abort";
import { realPath } from "../files/real-path";

/**
 * The nearest directory with `.git` at or above `cwd`, without links; where there is none, `cwd` itself. Throws the system's
 * errors where `cwd` cannot be followed, or the signal's reason.
 */
export async function projectRoot(cwd: string, signal: AbortSignal): Promise<string> {
  const start = await realPath(cwd, signal);
  for (let directory = start; ; directory = dirname(directory)) {
    if (await abortable(hasGit(directory), signal)) return directory;
    if (directory === dirname(directory)) return start;
  }
}

/** Of whatever kind: a file in a worktree, a link with some tools. What cannot be looked at is not there. */
function hasGit(directory: string): Promise<boolean> {
  return lstat(join(directory, ".git")).then(
    () => true,
    () => false,
  );
}
