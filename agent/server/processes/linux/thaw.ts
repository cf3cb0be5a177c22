/** Lets go the processes that a job holds with the freezer of cgroup v1: while it does, SIGKILL has no effect. */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readProc } from "../inspect/procfs";

/** Only root can have frozen them so, and only root can thaw them. In cgroup v2 a frozen process dies of SIGKILL. */
export function thaw(pids: Iterable<number>): void {
  const mount = (found ??= { mount: freezerMount() }).mount;
  if (mount === undefined) return;
  const own = freezerOf("self") ?? "/";
  // One within a frozen one stays frozen.
  for (const pid of pids)
    for (let path = freezerOf(pid) ?? own; isBelow(path, own); path = dirname(path))
      write(join(mount, path, "freezer.state"));
}

/** Where it is mounted does not change while the server runs. */
let found: { mount: string | undefined } | undefined;

function freezerMount(): string | undefined {
  const mounts = readProc("self/mountinfo");
  return mounts.match(/^\S+ \S+ \S+ \/ (\S+) .* - cgroup \S+ \S*\bfreezer\b/m)?.[1];
}

function freezerOf(pid: number | "self"): string | undefined {
  return readProc(`${pid}/cgroup`).match(/^\d+:(?:[^:]*,)?freezer(?:,[^:]*)?:(.*)$/m)?.[1];
}

function isBelow(path: string, own: string): boolean {
  return path !== own && path.startsWith(own);
}

function write(file: string): void {
  try {
    if (readFileSync(file, "utf8") !== "THAWED\n") writeFileSync(file, "THAWED");
  } catch {
    return; // removed meanwhile, or another user's: what it holds stays listed
  }
}
