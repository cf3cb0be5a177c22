/** Where a path of a model really leads, found once: what is allowed is what is used. */
import { homedir } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { systemErrorCode } from "../../../shared/error-code";
import { isWithin } from "../../../shared/rules";
import { Directory } from "../../files/directory";
import { realPath } from "../../files/real-path";
import { ToolError } from "../tool";

export interface ResolvedPath {
  /** Absolute and without symbolic links, even when it does not exist yet. */
  path: string;
  /** Whether it is the working directory or within it. */
  inside: boolean;
  /** The path to show: relative when inside. */
  shown: string;
}

/**
 * Resolves a path as written by a model against `cwd`, which has no links: where one has taken its place, everything is
 * outside. So is what a link inside leads to that leads out. Throws ToolError, or the signal's reason.
 */
export async function resolvePath(
  path: string,
  cwd: string,
  signal: AbortSignal,
): Promise<ResolvedPath> {
  if (path.includes("\0")) throw new ToolError("A path cannot hold a null character.");
  const isInHome = path === "~" || path.startsWith("~/");
  const absolute = isInHome ? join(homedir(), path.slice(1)) : resolve(cwd, path);
  try {
    const real = await realPath(absolute, signal);
    const inside = isWithin(real, cwd);
    return { path: real, inside, shown: inside ? relative(cwd, real) || "." : real };
  } catch (error) {
    signal.throwIfAborted();
    const code = systemErrorCode(error);
    if (code === "ELOOP")
      throw new ToolError(`${absolute} leads through too many symbolic links.`, { cause: error });
    throw new ToolError(`${absolute} cannot be accessed: ${code}.`, { cause: error });
  }
}

/** The directory of a resolved path, and the name in it. Throws the system's errors: see `accessError`. */
export async function openParent(
  { path }: ResolvedPath,
  signal: AbortSignal,
): Promise<{ directory: Directory; name: string }> {
  return { directory: await Directory.open(dirname(path), signal), name: basename(path) };
}

/** The ToolError for an error of the system. A resolved path has no links: where there is one now, it was changed. */
export function accessError({ shown }: ResolvedPath, verb: string, error: unknown): ToolError {
  const code = systemErrorCode(error);
  if (code === "ELOOP" || code === "ENOTDIR")
    return new ToolError(
      `${shown} has changed since it was allowed: a part of its path is another one now. Nothing was touched; call again.`,
      { cause: error },
    );
  return new ToolError(`${shown} cannot be ${verb}: ${hints[code] ?? code}.`, { cause: error });
}

const hints: Record<string, string> = {
  EACCES: "permission denied",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
};
