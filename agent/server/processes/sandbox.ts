/** Shuts a job in with bwrap: it sees no other processes, nothing that the server keeps, and writes only in its own place. */
import { realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import type { JobRequest, Sandbox } from "./jobs";

/** The path of a bwrap that works here, found by shutting something in; some systems have it and forbid it. */
export async function findBwrap(): Promise<string | undefined> {
  const bwrap = Bun.which("bwrap");
  if (bwrap === null) return undefined;
  const command = [bwrap, ...walls({ network: true }, "/"), "true"];
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "ignore", stderr: "ignore" });
  return (await child.exited) === 0 ? bwrap : undefined;
}

/**
 * The same request, shut in if it wishes so. Of `hidden` (absolute, without links) it sees what it may write, and nothing
 * else. Throws where that cannot be.
 */
export function inSandbox(
  request: JobRequest,
  bwrap: string | undefined,
  hidden: string,
): JobRequest {
  if (request.sandbox === undefined) return request;
  if (bwrap === undefined)
    throw new Error(
      "this command asks for a sandbox, and there is no bwrap that works here: install the package bubblewrap, or allow user namespaces",
    );
  const writable = [...(request.sandbox.writable ?? []), ...(request.writable ?? [])];
  const inside = walls({ ...request.sandbox, writable }, request.cwd, hidden);
  return { ...request, command: [bwrap, ...inside, ...request.command] };
}

function walls({ network, writable = [] }: Sandbox, cwd: string, hidden?: string): string[] {
  const places = [...temporaryPlaces(), ...(cwd === "/" ? [] : [cwd]), ...writable];
  const options =
    "--die-with-parent --unshare-pid --unshare-ipc --ro-bind / / --dev /dev --proc /proc";
  return [
    ...options.split(" "),
    ...(network ? [] : ["--unshare-net"]),
    ...(hidden === undefined ? places.flatMap(opening) : openingsAround(hidden, places)),
    "--chdir",
    cwd,
    "--",
  ];
}

/** What is mounted later covers what was before: the hidden place those around it, and what lies within it the hidden place. */
function openingsAround(hidden: string, places: string[]): string[] {
  const around = places.filter((path) => !isWithin(path, hidden));
  const within = places.filter((path) => isWithin(path, hidden));
  const cover = ["--tmpfs", hidden, ...within.flatMap(opening)];
  // Who works in the hidden place itself has it open: to hide it would leave him nothing.
  const isOpen = within.includes(hidden);
  return [...around.flatMap(opening), ...cover, ...(isOpen ? [] : ["--remount-ro", hidden])];
}

function isWithin(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}

function opening(path: string): string[] {
  return ["--bind", path, path];
}

function temporaryPlaces(): string[] {
  return [...new Set(["/tmp", realpathSync(tmpdir())])];
}
