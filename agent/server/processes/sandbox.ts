/** Runs a job in a bwrap sandbox: it sees no other processes and none of the server's data, and writes only where it may. */
import { realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import type { JobRequest, Sandbox } from "./jobs";

/** The path of a bwrap that works here, found by trying it: some systems have it installed and forbid it. */
export async function findBwrap(): Promise<string | undefined> {
  const bwrap = Bun.which("bwrap");
  if (bwrap === null) return undefined;
  const command = [bwrap, ...bwrapOptions({ network: true }, "/"), "true"];
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "ignore", stderr: "ignore" });
  return (await child.exited) === 0 ? bwrap : undefined;
}

/**
 * The same request, run in a sandbox if it asks for one. Of `hidden` (absolute, without links) the job sees only what it
 * may write. Throws where a sandbox is asked for and cannot be had.
 */
export function confine(
  request: JobRequest,
  bwrap: string | undefined,
  hidden: string,
): JobRequest {
  if (request.sandbox === undefined) return request;
  if (bwrap === undefined)
    throw new Error(
      "this command needs a sandbox, and bwrap does not work here: install the package bubblewrap, or allow user namespaces",
    );
  const writable = [...(request.sandbox.writable ?? []), ...(request.writable ?? [])];
  const options = bwrapOptions({ ...request.sandbox, writable }, request.cwd, hidden);
  return { ...request, command: [bwrap, ...options, ...request.command] };
}

function bwrapOptions({ network, writable = [] }: Sandbox, cwd: string, hidden?: string): string[] {
  const paths = [...temporaryDirectories(), ...(cwd === "/" ? [] : [cwd]), ...writable];
  const options = "--unshare-pid --unshare-ipc --ro-bind / / --dev /dev --proc /proc";
  return [
    ...options.split(" "),
    ...(network === true ? [] : ["--unshare-net"]),
    ...(hidden === undefined ? paths.flatMap(bind) : bindAround(hidden, paths)),
    "--chdir",
    cwd,
    "--",
  ];
}

/** A later mount covers earlier ones: first the paths around `hidden`, then an empty `hidden`, then the paths within it. */
function bindAround(hidden: string, paths: string[]): string[] {
  const around = paths.filter((path) => !isWithin(path, hidden));
  const within = paths.filter((path) => isWithin(path, hidden));
  const cover = ["--tmpfs", hidden, ...within.flatMap(bind)];
  // A job that works in `hidden` itself can write in it: a remount would make its own directory read-only.
  const isWritable = within.includes(hidden);
  return [...around.flatMap(bind), ...cover, ...(isWritable ? [] : ["--remount-ro", hidden])];
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

function bind(path: string): string[] {
  return ["--bind", path, path];
}

function temporaryDirectories(): string[] {
  return [...new Set(["/tmp", realpathSync(tmpdir())])];
}
