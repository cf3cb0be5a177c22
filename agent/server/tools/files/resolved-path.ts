/** Where a path really leads. */
import { lstat, readlink, realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { systemErrorCode } from "../../../shared/error-code";
import { ToolError } from "../tool";

export interface ResolvedPath {
  /** Absolute and without symbolic links, even when it does not exist yet. */
  path: string;
  /** Whether it is the working directory or within it. */
  inside: boolean;
  /** The path to show: relative when inside. */
  shown: string;
}

/** Resolves a path as written by a model against `cwd`. A symbolic link inside that leads out is outside. */
export async function resolvePath(path: string, cwd: string): Promise<ResolvedPath> {
  if (path.includes("\0")) throw new ToolError("A path cannot hold a null character.");
  const isInHome = path === "~" || path.startsWith("~/");
  const absolute = isInHome ? join(homedir(), path.slice(1)) : resolve(cwd, path);
  const [root, real] = await Promise.all([realpath(cwd), follow(absolute, maxLinks)]);
  const fromRoot = relative(root, real);
  const inside = fromRoot !== ".." && !fromRoot.startsWith(`..${sep}`) && !isAbsolute(fromRoot);
  return { path: real, inside, shown: inside ? fromRoot || "." : real };
}

/** As in Linux (ELOOP, path_resolution(7)). */
const maxLinks = 40;

/** The real path, also of a file that does not exist: a dangling link leads to where a write would create it. */
async function follow(path: string, linksLeft: number): Promise<string> {
  if (linksLeft === 0) throw new ToolError(`${path} leads through too many symbolic links.`);
  try {
    return await realpath(path);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code !== "ENOENT")
      throw new ToolError(`${path} cannot be accessed: ${code}.`, { cause: error });
  }
  const parent = await follow(dirname(path), linksLeft - 1);
  const unlinked = join(parent, basename(path));
  const isLink = await lstat(unlinked).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );
  return isLink ? follow(resolve(parent, await readlink(unlinked)), linksLeft - 1) : unlinked;
}
