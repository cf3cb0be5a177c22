/** Whether this server can give each job a cgroup (v2) of its own, and with which limits: found by trying it. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { JobLimits } from "../jobs";
import { isAlive, identityOf } from "../inspect/process-identity";
import { cgroupAt, type JobCgroup, removeTree } from "./cgroup";

export interface Cgroups {
  limits: { processes: boolean; memory: boolean };
  create(id: string, limits: JobLimits): JobCgroup;
}

/** Undefined where it cannot: it has created a cgroup, and killed a process that was started in it. */
export async function findCgroups(): Promise<Cgroups | undefined> {
  const own = ownCgroup();
  if (own === undefined) return undefined;
  // The systemd unit keeps the server in a cgroup of this name, so that its siblings can have limits.
  const base = basename(own) === "server" ? dirname(own) : own;
  const parent = join(base, "rein");
  try {
    mkdirSync(parent, { recursive: true });
    removeDeserted(parent);
    const limits = enableLimits(base, parent);
    const { pid, startedAt } = identityOf(process.pid);
    const create: Cgroups["create"] = (id, { processes, memoryBytes }) => {
      const path = join(parent, `${pid}-${startedAt}-${id}`);
      mkdirSync(path);
      if (limits.processes && processes) writeFileSync(join(path, "pids.max"), String(processes));
      if (limits.memory && memoryBytes)
        writeFileSync(join(path, "memory.max"), String(memoryBytes));
      return cgroupAt(path);
    };
    await tryKill(create(crypto.randomUUID(), {}));
    return { limits, create };
  } catch {
    return undefined; // not writable for us, or too old to have cgroup.kill
  }
}

/**
 * Removes the empty cgroups of servers that were killed. A process in one is killed by the sweep of its server's ledger,
 * and an empty one of a living server is about to get a process.
 */
function removeDeserted(parent: string): void {
  for (const name of readdirSync(parent)) {
    const [, pid, startedAt] = /^(\d+)-(\d+)-/.exec(name) ?? [];
    if (startedAt === undefined || isAlive({ pid: Number(pid), startedAt })) continue;
    try {
      removeTree(join(parent, name));
    } catch {
      continue; // it belongs to another user
    }
  }
}

async function tryKill(cgroup: JobCgroup): Promise<void> {
  try {
    const child = Bun.spawn(["sleep", "10"], { cgroup: cgroup.path, stdin: "ignore" });
    cgroup.kill();
    await child.exited;
    if (child.signalCode !== "SIGKILL") throw new Error("cgroup.kill has not killed");
  } finally {
    await cgroup.remove();
  }
}

/** The directory of this process's cgroup, below the mount point of cgroup2. */
function ownCgroup(): string | undefined {
  try {
    const path = readFileSync("/proc/self/cgroup", "utf8").match(/^0::(.*)$/m)?.[1];
    const mount = readFileSync("/proc/self/mountinfo", "utf8").match(
      /^\S+ \S+ \S+ \S+ (\S+) .* - cgroup2 /m,
    )?.[1];
    return path !== undefined && mount ? join(mount, path) : undefined;
  } catch {
    return undefined; // not Linux
  }
}

/** A cgroup can pass controllers down only while it has no processes itself; where it cannot, jobs have no limits. */
function enableLimits(base: string, parent: string): Cgroups["limits"] {
  for (const controller of ["pids", "memory"])
    for (const directory of [base, parent])
      try {
        writeFileSync(join(directory, "cgroup.subtree_control"), `+${controller}`);
      } catch {
        break; // the system does not let us
      }
  const enabled = readFileSync(join(parent, "cgroup.subtree_control"), "utf8").trim().split(" ");
  return { processes: enabled.includes("pids"), memory: enabled.includes("memory") };
}
