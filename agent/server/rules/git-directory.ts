/** Whether a file says what git runs, in a repository that is not in a directory named `.git`. */
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../../shared/error-code";
import { abortable } from "../abort";

const pattern = /^(.*)\/(?:config|config\.worktree|commondir|hooks\/[^/]+)$/i;

/**
 * True for such a file beside a `HEAD`, without which no directory is a repository (gitrepository-layout(5)). `path` is
 * absolute. Rejects with the signal's reason when it aborts.
 */
export async function configuresGit(path: string, signal: AbortSignal): Promise<boolean> {
  const directory = pattern.exec(path)?.[1];
  if (directory === undefined) return false;
  const found = lstat(join(directory, "HEAD")).then(
    () => true,
    (error: unknown) => errorCode(error) !== "ENOENT" && errorCode(error) !== "ENOTDIR",
  );
  return abortable(found, signal);
}
