/** Where a path really leads: the path without links, which can then be walked without following any. */
import { lstat, readlink, realpath } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { errorCode } from "../../shared/error-code";
import { abortable } from "../abort";

/** As in Linux (ELOOP, path_resolution(7)). */
const maxLinks = 40;

/**
 * Of an absolute path, also of a file that does not exist: a dangling link leads to where a write would create it. Throws
 * the system's errors (ELOOP for links in a circle), or the signal's reason.
 */
export function realPath(path: string, signal: AbortSignal): Promise<string> {
  return abortable(follow(path, maxLinks), signal);
}

async function follow(path: string, linksLeft: number): Promise<string> {
  if (linksLeft === 0) throw Object.assign(new Error(`ELOOP: ${path}`), { code: "ELOOP" });
  try {
    return await realpath(path);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
  const parent = await follow(dirname(path), linksLeft - 1);
  const unlinked = join(parent, basename(path));
  const isLink = await lstat(unlinked).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );
  return isLink ? follow(resolve(parent, await readlink(unlinked)), linksLeft - 1) : unlinked;
}
