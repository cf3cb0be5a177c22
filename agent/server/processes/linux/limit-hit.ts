/** Which limit a job has reached, as the kernel counted it in the job's cgroup (memory.events, pids.events). */
import { dirname, join } from "node:path";
import type { JobLimitHit } from "../../../shared/protocol";
import { readCgroup } from "../inspect/procfs";
import type { JobCgroup } from "./cgroup";

export interface LimitedCgroup extends JobCgroup {
  /** Read from the system, or what was read last before the cgroup was removed. Never throws. */
  limitHit(): JobLimitHit | undefined;
}

/** `cgroup` has just been made, and nothing runs in it. */
export function withLimitHit(cgroup: JobCgroup): LimitedCgroup {
  const { path } = cgroup;
  const parent = dirname(path);
  const before = countOf(parent, "memory.events.local", "oom");
  let last: JobLimitHit | undefined;
  const limitHit = (): JobLimitHit | undefined => {
    try {
      last = memoryHit(path, parent, before) ?? processesHit(path, parent) ?? last;
    } catch {
      // The system lets nothing be read: what is known already stays.
    }
    return last;
  };
  return { ...cgroup, limitHit };
}

/** A process was killed for want of memory: the job's own, that of all jobs, or the machine's. */
function memoryHit(path: string, parent: string, before: number): JobLimitHit | undefined {
  const events = readEvents(path, "memory.events");
  if ((events.get("oom_kill") ?? 0) === 0) return undefined;
  const isWhole =
    events.get("oom_group_kill") ?? Number(readCgroup(join(path, "memory.oom.group")).trim());
  const ended = isWhole > 0 && { ended: true as const };
  if ((events.get("oom") ?? 0) > 0)
    return { limit: "memory", of: "job", ...mostOf(path), ...ended };
  if (countOf(parent, "memory.events.local", "oom") > before)
    return { limit: "memory", of: "jobs", ...mostOf(parent), ...ended };
  return { limit: "memory", of: "machine", ...ended };
}

/** A fork was refused. Older kernels count it here too when all jobs together had too many: then the job's own peak is lower. */
function processesHit(path: string, parent: string): JobLimitHit | undefined {
  if (countOf(path, "pids.events", "max") === 0) return undefined;
  const most = numberIn(path, "pids.max");
  const peak = numberIn(path, "pids.peak");
  const isOwn = most !== undefined && (peak === undefined || peak >= most);
  if (isOwn) return { limit: "processes", of: "job", most };
  const all = numberIn(parent, "pids.max");
  return { limit: "processes", of: "jobs", ...(all !== undefined && { most: all }) };
}

function mostOf(cgroup: string): { most?: number } {
  const most = numberIn(cgroup, "memory.max");
  return most === undefined ? {} : { most };
}

/** Undefined for “max”, and where the file is not there. */
function numberIn(cgroup: string, file: string): number | undefined {
  const text = readCgroup(join(cgroup, file)).trim();
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

function countOf(cgroup: string, file: string, name: string): number {
  return readEvents(cgroup, file).get(name) ?? 0;
}

function readEvents(cgroup: string, file: string): Map<string, number> {
  const lines = readCgroup(join(cgroup, file)).split("\n").filter(Boolean);
  return new Map(
    lines.map((line) => {
      const [name, count] = line.split(" ");
      return [name!, Number(count)];
    }),
  );
}
