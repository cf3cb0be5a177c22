/** Where a path really leads, and what must be allowed before going there. */
import { lstat, readlink, realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { type PermissionRequest, ToolError } from "../tool";

export interface ResolvedPath {
  /** Absolute and real: no link is left in it, even where it names what does not exist yet. */
  path: string;
  /** Whether that is the working directory or something in it. */
  inside: boolean;
  /** The path for people and models: relative when inside. */
  shown: string;
}

/** Resolves a path as a model writes it, against `cwd`. A link inside that leads out is outside. */
export async function resolvePath(path: string, cwd: string): Promise<ResolvedPath> {
  if (path.includes("\0")) throw new ToolError("A path cannot hold a null character.");
  const home = path === "~" || path.startsWith("~/");
  const written = home ? join(homedir(), path.slice(1)) : resolve(cwd, path);
  const [root, real] = await Promise.all([realpath(cwd), follow(written, maxLinks)]);
  const way = relative(root, real);
  const inside = way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
  return { path: real, inside, shown: inside ? way || "." : real };
}

/** Reading is free inside; outside it is asked for by place. */
export function readPermission({ path, inside }: ResolvedPath): PermissionRequest | undefined {
  return inside ? undefined : outsideNeed("read", path);
}

export function editPermission({ path, inside, shown }: ResolvedPath): PermissionRequest {
  if (!inside) return outsideNeed("edit", path);
  return {
    kind: "edit",
    subject: shown,
    always: "all edits in the working directory",
    key: "edit",
  };
}

function outsideNeed(verb: "read" | "edit", path: string): PermissionRequest {
  const subject = `${verb} ${path}`;
  return { kind: "outside", subject, always: `to ${subject}`, key: `outside:${subject}` };
}

/** As in Linux (ELOOP, path_resolution(7)). */
const maxLinks = 40;

/** The real path, also of what does not exist: a dangling link leads to where writing through it would create a file. */
async function follow(path: string, linksLeft: number): Promise<string> {
  if (linksLeft === 0) throw new ToolError(`${path} leads through too many symbolic links.`);
  try {
    return await realpath(path);
  } catch (error) {
    const code = codeOf(error);
    if (code !== "ENOENT")
      throw new ToolError(`${path} cannot be reached: ${code}.`, { cause: error });
  }
  const parent = await follow(dirname(path), linksLeft - 1);
  const here = join(parent, basename(path));
  const isLink = await lstat(here).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );
  return isLink ? follow(resolve(parent, await readlink(here)), linksLeft - 1) : here;
}

/** The code of a failed system call (ENOENT, EACCES …). Anything else is a bug, and thrown on. */
export function codeOf(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string")
    return error.code;
  throw error;
}
