/** The cgroup (v2) of one job: the kernel keeps the list of its processes, and kills all of them with one write. */
import { readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errorCode } from "../../../shared/error-code";
import { readCgroup } from "../inspect/procfs";

export interface JobCgroup {
  path: string;
  /** Its processes; none when it is gone. Throws when the system lets nothing be read. */
  pids(): number[];
  /** Kills every process in it, frozen ones too. */
  kill(): void;
  /** Stops every process in it, those to come included, or lets them go on. False where the system refuses. */
  freeze(isFrozen: boolean): boolean;
  /**
   * Kills what is in it until it can be removed, which only an empty cgroup can. Rejects when the system refuses, and when
   * something has lived in it for long.
   */
  remove(): Promise<void>;
}

/** A killed process is in its cgroup until it is dead, which can take long where the disk or network holds it. */
const removalMs = 10_000;

/** For a cgroup that exists already, perhaps left by a killed server. */
export function cgroupAt(path: string): JobCgroup {
  const kill = (): void => {
    try {
      writeFileSync(join(path, "cgroup.kill"), "1");
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  };
  return {
    path,
    pids: () => pidsOf(path),
    kill,
    freeze(isFrozen) {
      try {
        writeFileSync(join(path, "cgroup.freeze"), isFrozen ? "1" : "0");
        return true;
      } catch {
        return false; // it is gone, or not ours any more
      }
    },
    async remove() {
      const deadline = performance.now() + removalMs;
      for (let waitMs = 1; !removeTree(path); waitMs = Math.min(2 * waitMs, 100)) {
        if (performance.now() > deadline) throw new Error("a process in it does not die");
        kill();
        await Bun.sleep(waitMs);
      }
    },
  };
}

/** Removes a cgroup and those that a job made within it. False when a process is still in one of them. */
export function removeTree(path: string): boolean {
  seal(path);
  return removeAll(path);
}

/** Nobody makes more in it: of one that was handed over, its owner could, from elsewhere, for as long as it is removed. */
function seal(path: string): void {
  try {
    writeFileSync(join(path, "cgroup.max.descendants"), "0");
  } catch {
    // It is gone, or not ours: then it is removed as it is.
  }
}

function removeAll(path: string): boolean {
  try {
    for (const entry of readdirSync(path, { withFileTypes: true }))
      if (entry.isDirectory() && !removeAll(join(path, entry.name))) return false;
    rmdirSync(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return true;
    if (isBusy(error)) return false;
    throw error;
  }
}

/** Those of the cgroups that were made within it, too. */
function pidsOf(path: string): number[] {
  const own = readCgroup(join(path, "cgroup.procs")).split("\n").filter(Boolean).map(Number);
  return [...own, ...belowOf(path).flatMap((name) => pidsOf(join(path, name)))];
}

function belowOf(path: string): string[] {
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return ["ENOENT", "ENODEV"].includes(errorCode(error) ?? "");
}

function isBusy(error: unknown): boolean {
  return ["EBUSY", "ENOTEMPTY"].includes(errorCode(error) ?? "");
}
