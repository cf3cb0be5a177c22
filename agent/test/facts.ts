/** Facts of the machine that tests wait for, read without the code under test. */
import { existsSync, readFileSync, watch } from "node:fs";
import { dirname } from "node:path";

/** Whether a process of this id runs: a zombie has ended. */
export function isAlive(pid: number): boolean {
  try {
    const state = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "")[0];
    return state !== "Z" && state !== "X";
  } catch {
    // No such process.
    return false;
  }
}

/** Resolves once the file is there. */
export function untilFile(path: string): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(dirname(path), look);
    function look() {
      if (!existsSync(path)) return;
      watcher.close();
      resolve();
    }
    look();
  });
}
