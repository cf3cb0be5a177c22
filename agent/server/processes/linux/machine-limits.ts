/** What the jobs of this machine may use unless a person chose: derived from what there is, and never all of it. */
import { readFileSync } from "node:fs";
import { totalmem } from "node:os";
import { dirname, join } from "node:path";
import type { MachineLimits } from "../jobs";
import type { OwnCgroup } from "./own-cgroup";

const megabyte = 1024 ** 2;
const gigabyte = 1024 ** 3;

/**
 * Of each job, threads included: as Podman has it, and a build with hundreds of compilers is below. A stop of so many is
 * proven within a second; of 4,096 it took longer than a stop waits (2 cores).
 */
const mostProcesses = 2048;

export function limitsOfMachine(own: Pick<OwnCgroup, "base" | "mount">): MachineLimits {
  const memory = Math.min(totalmem(), ...aboveOf(own, "memory.max"));
  const processes = Math.min(pidMax(), ownProcesses(), ...aboveOf(own, "pids.max"));
  return shared(memory, processes);
}

/** The server, and whatever else the machine does, keep an eighth of the memory and half of the processes. */
export function shared(memoryBytes: number, processes: number): MachineLimits {
  const reserve = Math.min(Math.max(memoryBytes / 8, 256 * megabyte), 2 * gigabyte);
  const all = {
    memoryBytes: Math.floor(Math.max(memoryBytes - reserve, memoryBytes / 2)),
    processes: Math.max(64, Math.floor(processes / 2)),
  };
  return {
    all,
    each: {
      memoryBytes: plain(all.memoryBytes * 0.75),
      processes: Math.min(mostProcesses, Math.max(32, Math.floor(all.processes / 2))),
    },
  };
}

/** A figure that people can read: halves of gigabytes, and of less than two of them sixteenths. */
function plain(bytes: number): number {
  const step = bytes >= 2 * gigabyte ? gigabyte / 2 : gigabyte / 16;
  return Math.max(Math.floor(bytes / step) * step, 64 * megabyte);
}

/** The limits of the cgroups from this one upwards, as far as they are seen. */
function aboveOf({ base, mount }: Pick<OwnCgroup, "base" | "mount">, file: string): number[] {
  const found: number[] = [];
  for (let path = base; path.startsWith(mount); path = dirname(path)) {
    const value = numberIn(join(path, file));
    if (value !== undefined) found.push(value);
    if (path === dirname(path)) break;
  }
  return found;
}

function pidMax(): number {
  return numberIn("/proc/sys/kernel/pid_max") ?? 32_768;
}

/** How many this user may have; root has no such limit. */
function ownProcesses(): number {
  const limits = textIn("/proc/self/limits");
  const found = /^Max processes +(\d+)/m.exec(limits)?.[1];
  return found === undefined || process.getuid?.() === 0 ? Infinity : Number(found);
}

/** Undefined for “max”, and where the file is not there. */
function numberIn(path: string): number | undefined {
  const text = textIn(path).trim();
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

function textIn(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
