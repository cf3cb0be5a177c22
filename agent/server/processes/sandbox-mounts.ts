/** What a sandboxed job sees of the host's files: everything read-only, except what is hidden and what it may write. */
import { access, constants, readdir, realpath, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname } from "node:path";
import { programFolder, programParts, runningProgram } from "../program-files";
import type { JobRequest, Sandbox } from "./jobs";
import { credentials, hiddenInKernel, neededOfRun, sockets, startupFiles } from "./sandbox-paths";
import { isWithin } from "../../shared/rules";

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
  const [shown, secrets, others, startup] = await Promise.all([
    shownTo(request, sandbox),
    hiddenPaths(credentials),
    hiddenPaths([...sockets, places.dataDir]),
    withinHome(startupFiles).then(existing),
  ]);
  const needed = await existing(neededByAll());
  // A command that works in the home could make a link there, in whose place every later one would miss what it needs.
  const credentialPaths = secrets.filter(({ path }) => !needed.some((one) => isWithin(one, path)));
  const hidden = [...credentialPaths, ...others];
  const guards = [...hidden, ...protectedPaths(startup, shown)];
  const open = guards.filter((guard) => !isCovered(guard, [...guards, ...shown]));
  const mounts = [
    ...anchorsOf([...open, ...shown.filter(({ as }) => as === "read-only")], shown),
    ...open,
    ...shown,
  ];
  return optionsOf(mounts, places);
}

/**
 * The options of bwrap for every job: everything read-only, only harmless devices, and a /proc of its own in which nothing
 * can be written.
 */
export async function kernelMounts(places: Pick<MountPlaces, "empty">): Promise<string[]> {
  const root = "--ro-bind / / --dev /dev --proc /proc".split(" ");
  // Not remounted: for each remount bwrap reads the whole table of mounts.
  const masks = (await hiddenPaths(hiddenInKernel)).flatMap(({ path, as }) =>
    as === "hidden file" ? ["--ro-bind", places.empty, path] : ["--perms", "0555", "--tmpfs", path],
  );
  // For root, /proc/sys can be written otherwise: bwrap tests it by permissions that do not apply there.
  return [...root, ...masks, "--remount-ro", "/proc"];
}

async function shownTo(request: JobRequest, sandbox: Sandbox): Promise<Mount[]> {
  const isReader = sandbox.cwd === "read-only";
  const own = request.cwd === "/" ? [] : [request.cwd];
  const needed = (await existing(neededOfRun)).filter((path) => isWithin(path, "/run"));
  const mounts = await Promise.all([
    // Parts of it run in the sandbox.
    mount(programFolder(), "read-only"),
    ...needed.map((path) => mount(path, "read-only")),
    ...own.map((path) => mount(path, isReader || isOwnProgram(path) ? "read-only" : "writable")),
    ...(request.readable ?? []).map((path) => mount(path, "read-only")),
    ...[...(sandbox.writable ?? []), ...(request.writable ?? [])].map((path) =>
      mount(path, "writable"),
    ),
  ]);
  const hasTemporary = !isReader || request.temporary !== undefined;
  return [...(hasTemporary ? [await temporaryFiles(request, isReader, mounts)] : []), ...mounts];
}

/** What the server runs and serves stays read-only where a command works in it, too. */
function isOwnProgram(path: string): boolean {
  return programParts().some((part) => isWithin(path, part));
}

async function mount(path: string, as: Mount["as"]): Promise<Mount> {
  return { path: await realpath(path), as };
}

/**
 * Not the host's: other programs of the user keep sockets there, and files that they will run. An empty one where a mount
 * lies within it: a command could put a link in its place, and bwrap would follow that to the host. A reader leaves nothing.
 */
async function temporaryFiles(
  { temporary }: JobRequest,
  isReader: boolean,
  mounts: Mount[],
): Promise<Mount> {
  const path = await realpath("/tmp");
  const isShared = mounts.some((other) => isWithin(other.path, path));
  if (temporary === undefined || isReader || isShared) return { path, as: "empty" };
  return { path, as: "writable", source: await realpath(temporary) };
}

/** Files that the user or the server will run, where they lie within a directory that the job may write. */
function protectedPaths(startup: string[], shown: Mount[]): Mount[] {
  const writable = shown.filter(({ as }) => as === "writable");
  return [...startup, ...programParts()]
    .filter((path) => writable.some((directory) => isWithin(path, directory.path)))
    .map((path) => ({ path, as: "read-only" }));
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
  const hidden = guards.filter(isEmpty);
  const writable = shown.filter(({ as, source }) => as === "writable" && source === undefined);
  const within = ({ path }: Mount): string[] => {
    const top = writable.find((directory) => isWithin(path, directory.path));
    const above = dirname(path);
    if (top === undefined || above === top.path || path === top.path) return [];
    return [above, ...within({ path: above, as: "writable" })];
  };
  return guards
    .flatMap(within)
    .filter((path) => !hidden.some((guard) => isWithin(path, guard.path)))
    .map((path) => ({ path, as: "writable" }));
}

async function hiddenPaths(paths: string[]): Promise<Mount[]> {
  const found = (await existing(await withinHome(paths))).map(async (path): Promise<Mount[]> => {
    const stats = await stat(path);
    // A sandboxed command has at most the rights of this process.
    if (stats.uid !== process.getuid?.() && !(await isReachable(path))) return [];
    return [{ path, as: stats.isDirectory() ? "hidden directory" : "hidden file" }];
  });
  return (await Promise.all(found)).flat();
}

const neededByAll = (): string[] => [
  ..."/usr /bin /sbin /lib /lib64 /etc /opt /nix /proc /dev /sys".split(" "),
  homedir(),
  runningProgram,
  programFolder(),
];

/** Whether this user may do anything with it. */
async function isReachable(path: string): Promise<boolean> {
  const { R_OK, W_OK, X_OK } = constants;
  const tries = [R_OK, W_OK, X_OK].map((mode) => access(path, mode));
  return Promise.any(tries).then(
    () => true,
    () => false,
  );
}

/** With the user's home in the place of "~". One listing of it is cheaper than a look at each path that is not there. */
async function withinHome(paths: string[]): Promise<string[]> {
  const home = homedir();
  const names = await readdir(home).catch(() => undefined);
  const there = names && new Set(names.map((name) => name.toLowerCase()));
  const firstName = (path: string): string => path.split("/")[1]!.toLowerCase();
  return paths
    .filter((path) => !path.startsWith("~/") || (there?.has(firstName(path)) ?? true))
    .map((path) => path.replace(/^~/, home));
}

/** Those that exist, without links. */
async function existing(paths: string[]): Promise<string[]> {
  const found = await Promise.all(paths.map((path) => realpath(path).catch(() => undefined)));
  return [...new Set(found.filter((path) => path !== undefined))];
}

/** The root is read-only: within it another such mount would only cost time. */
function isReadOnlyAnyway({ path, as }: Mount, mounts: Mount[]): boolean {
  const around = [...mounts.map((other) => other.path), "/dev", "/proc", "/sys"];
  return as === "read-only" && !around.some((other) => other !== path && isWithin(path, other));
}

/** A later mount covers earlier ones: a directory comes before what is in it, and of one path the last mount counts. */
function optionsOf(mounts: Mount[], { empty }: Pick<MountPlaces, "empty">): string[] {
  const byPath = new Map(mounts.map((one) => [one.path, one]));
  const sorted = [...byPath.values()]
    .filter((one) => !isReadOnlyAnyway(one, mounts))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const made = sorted.flatMap(({ path, as, source = path }) => {
    if (as === "hidden file") return ["--ro-bind", empty, path];
    if (as === "read-only") return ["--ro-bind", source, path];
    return as === "writable" ? ["--bind", source, path] : ["--tmpfs", path];
  });
  // Only now: the mount points within them had to be made.
  const sealed = sorted.filter(({ as }) => as === "hidden directory");
  return [...made, ...sealed.flatMap(({ path }) => ["--remount-ro", path])];
}
