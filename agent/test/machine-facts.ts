/** Facts of the machine that tests wait for, read without the code under test. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { until } from "./within";

/** Whether a process with this id runs; a zombie does not. */
export function isAlive(pid: number): boolean {
  try {
    const state = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "")[0];
    return state !== "Z" && state !== "X";
  } catch {
    // No such process.
    return false;
  }
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

export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    // It has exited since it was listed.
    return "";
  }
}
