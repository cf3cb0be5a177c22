/** Ends by pid what an adversary has left, whatever state it has put itself in. */
import { existsSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { escapedName } from "./cgroup-moves";
import { processesOf } from "./hostile-processes";

const boundMs = 5000;

/** Resolves when none with the cookie is left, or after 5 s. */
export async function killAll(cookie: string): Promise<void> {
  const end = performance.now() + boundMs;
  const thaw = cgroupsOf(cookie)
    .map((path) => join(path, "freezer.state"))
    .filter((file) => existsSync(file));
  do {
    for (const file of thaw) writeFileSync(file, "THAWED");
    for (const pid of processesOf(cookie)) kill(pid);
    await Bun.sleep(5);
  } while (processesOf(cookie).length > 0 && performance.now() < end);
}

/** Those that it has made. */
export function removeCgroups(cookie: string): void {
  for (const path of cgroupsOf(cookie)) remove(path);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
    process.kill(pid, "SIGCONT");
  } catch {
    return; // dead already
  }
}

/** Those of cgroup-moves.ts, beside this process's own cgroup and the ones of its jobs. */
function cgroupsOf(cookie: string): string[] {
  const mount = readFileSync("/proc/mounts", "utf8").match(/^\S+ (\S+) cgroup2 /m)?.[1] ?? "/none";
  const own = join(mount, readFileSync("/proc/self/cgroup", "utf8").match(/^0::(.*)$/m)?.[1] ?? "");
  return [own, join(own, "rein"), join(own, ".."), "/sys/fs/cgroup/freezer"]
    .map((parent) => join(parent, escapedName(cookie)))
    .filter((path) => existsSync(path));
}

function remove(path: string): void {
  try {
    for (const { name } of readdirSync(path, { withFileTypes: true }).filter((one) =>
      one.isDirectory(),
    ))
      remove(join(path, name));
    rmdirSync(path);
  } catch {
    return; // a process is still in it, and is among the survivors
  }
}
