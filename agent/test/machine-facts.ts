/** Facts of the machine that tests wait for, read without the code under test. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "./within";

/** Whether a process with this id runs; a zombie does not, unless only its first thread has exited. */
export function isAlive(pid: number): boolean {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return (fields[0] !== "Z" && fields[0] !== "X") || Number(fields[17]) > 1;
  } catch {
    // No such process.
    return false;
  }
}

/** Whether the kernel has frozen all processes of its cgroup, which must be of version 2. */
export function isFrozen(pid: number): boolean {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8");
  const [, root] = mounts.match(/^\S+ \S+ \S+ \S+ (\S+) .* - cgroup2 /m)!;
  const [, path] = readFileSync(`/proc/${pid}/cgroup`, "utf8").match(/^0::(.*)$/m)!;
  return readFileSync(join(root!, path!, "cgroup.events"), "utf8").includes("frozen 1");
}

/** Resolves once the file exists. It may still be empty, unless it was moved into place. */
export function untilFile(path: string): Promise<void> {
  return until(() => existsSync(path), `the file ${path}`);
}

/** Processes found by an argument that only the test uses. */
export function pidsWith(cookie: string): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid && commandOf(pid).includes(cookie));
}

export function commandOf(pid: number | string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    // It has exited since it was listed.
    return "";
  }
}
