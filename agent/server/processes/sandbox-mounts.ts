/** What a sandboxed job sees of the host's files: everything read-only, except what is hidden and what it may write. */
import { readFile, realpath, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import type { JobRequest, Sandbox } from "./jobs";
import { credentials, hiddenInKernel, neededOfRun, sockets, startupFiles } from "./sandbox-paths";

export interface MountPlaces {
  /** The server's data directory, which is hidden. */
  dataDir: string;
  /** An empty file, which takes the place of hidden files. */
  empty: string;
}

/** A mount over the host's read-only files. Its path is absolute and without links. */
interface Mount {
  path: string;
  /** "empty" is a directory that can be written and is lost with the job. */
  as: "hidden directory" | "hidden file" | "read-only" | "writable" | "empty";
  /** What is shown at `path`, where that is something else. */
  source?: string;
}

/** The options of bwrap for a job. Rejects when a path of the request does not exist. */
export async function mountsFor(
  request: JobRequest,
  sandbox: Sandbox,
  places: MountPlaces,
): Promise<string[]> {
  const shown = await shownTo(request, sandbox);
  const hidden = await hiddenPaths([...credentials, ...sockets, places.dataDir]);
  const others = await otherSockets([...hidden, ...shown]);
  const guards = [...hidden, ...others, ...(await protectedPaths(shown))];
  const needed = guards.filter((guard) => !isCovered(guard, [...guards, ...shown]));
  const mounts = [...anchorsOf(needed, shown), ...needed, ...shown];
  return [...(await kernelMounts(places)), ...optionsOf(mounts, places)];
}

/** Everything read-only, only harmless devices, and a /proc of its own in which nothing can be written. */
export async function kernelMounts(places: Pick<MountPlaces, "empty">): Promise<string[]> {
  const root = "--ro-bind / / --dev /dev --proc /proc".split(" ");
  const masks = optionsOf(await hiddenPaths(hiddenInKernel), places);
  // For root, /proc/sys can be written otherwise: bwrap tests it by permissions that do not apply there.
  return [...root, ...masks, "--remount-ro", "/proc"];
}

async function shownTo(request: JobRequest, sandbox: Sandbox): Promise<Mount[]> {
  const isReader = sandbox.cwd === "read-only";
  const own = request.cwd === "/" ? [] : [request.cwd];
  const needed = (await existing(neededOfRun)).filter((path) => isWithin(path, "/run"));
  const mounts = await Promise.all([
    ...needed.map((path) => mount(path, "read-only")),
    ...own.map((path) => mount(path, isReader ? "read-only" : "writable")),
    ...(request.readable ?? []).map((path) => mount(path, "read-only")),
    ...(sandbox.writable ?? []).map((path) => mount(path, "writable")),
  ]);
  return [...(isReader ? [] : [await temporaryFiles(request, mounts)]), ...mounts];
}

async function mount(path: string, as: Mount["as"]): Promise<Mount> {
  return { path: await realpath(path), as };
}

/**
 * Not the host's: other programs of the user keep sockets there, and files that they will run. An empty one where a mount
 * lies within it: a command could put a link in its place, and bwrap would follow that to the host.
 */
async function temporaryFiles({ temporary }: JobRequest, mounts: Mount[]): Promise<Mount> {
  const path = await realpath("/tmp");
  const isShared = mounts.some((other) => isWithin(other.path, path));
  if (temporary === undefined || isShared) return { path, as: "empty" };
  return { path, as: "writable", source: await realpath(temporary) };
}

/** Files that the user or Rein itself will run, where they lie within a directory that the job may write. */
async function protectedPaths(shown: Mount[]): Promise<Mount[]> {
  const checkout = join(import.meta.dir, "../../..");
  const writable = shown.filter(({ as }) => as === "writable");
  const paths = await existing([checkout, ...startupFiles]);
  return paths
    .filter((path) => writable.some((directory) => isWithin(path, directory.path)))
    .map((path) => ({ path, as: "read-only" }));
}

/** Sockets of other programs that no mount covers: a read-only file system keeps nobody from connecting. */
async function otherSockets(mounts: Mount[]): Promise<Mount[]> {
  const table = await readFile("/proc/net/unix", "utf8").catch(() => "");
  const paths = [...table.matchAll(/ (\/.+)$/gm)].map((match) => match[1]!);
  const uncovered = paths.filter((path) => !mounts.some((other) => isWithin(path, other.path)));
  const found = await existing(uncovered);
  const stats = await Promise.all(found.map((path) => stat(path).catch(() => undefined)));
  return found
    .filter((_, index) => stats[index]?.isSocket())
    .map((path) => ({ path, as: "hidden file" }));
}

/** Whether the mount around it already shows something else in its place. */
function isCovered(guard: Mount, mounts: Mount[]): boolean {
  const around = mounts.filter(({ path }) => path !== guard.path && isWithin(guard.path, path));
  const nearest = around.toSorted((a, b) => b.path.length - a.path.length)[0];
  return nearest !== undefined && (nearest.source !== undefined || isEmpty(nearest));
}

function isEmpty({ as }: Mount): boolean {
  return as === "hidden directory" || as === "empty";
}

/**
 * The directories between what the job may write and a guard in it, as mounts of their own: a mount point cannot be
 * renamed, and with its directory the guarded path would move to where no guard is.
 */
function anchorsOf(guards: Mount[], shown: Mount[]): Mount[] {
  const writable = shown.filter(({ as, source }) => as === "writable" && source === undefined);
  const within = ({ path }: Mount): string[] => {
    const top = writable.find((directory) => isWithin(path, directory.path));
    const above = dirname(path);
    if (top === undefined || above === top.path || path === top.path) return [];
    return [above, ...within({ path: above, as: "writable" })];
  };
  return guards.flatMap(within).map((path) => ({ path, as: "writable" }));
}

async function hiddenPaths(paths: string[]): Promise<Mount[]> {
  const found = (await existing(paths)).map(async (path): Promise<Mount> => {
    const isDirectory = (await stat(path)).isDirectory();
    return { path, as: isDirectory ? "hidden directory" : "hidden file" };
  });
  return Promise.all(found);
}

/** Those that exist, without links. "~" is the user's home. */
async function existing(paths: string[]): Promise<string[]> {
  const found = await Promise.all(
    paths.map((path) => realpath(path.replace(/^~/, homedir())).catch(() => undefined)),
  );
  return [...new Set(found.filter((path) => path !== undefined))];
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

/** A later mount covers earlier ones: a directory comes before what is in it, and of one path the last mount counts. */
function optionsOf(mounts: Mount[], { empty }: Pick<MountPlaces, "empty">): string[] {
  const byPath = new Map(mounts.map((one) => [one.path, one]));
  const sorted = [...byPath.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const made = sorted.flatMap(({ path, as, source = path }) => {
    if (as === "hidden file") return ["--ro-bind", empty, path];
    if (as === "read-only") return ["--ro-bind", source, path];
    return as === "writable" ? ["--bind", source, path] : ["--tmpfs", path];
  });
  // Only now: the mount points within them had to be made.
  const sealed = sorted.filter(({ as }) => as === "hidden directory");
  return [...made, ...sealed.flatMap(({ path }) => ["--remount-ro", path])];
}
