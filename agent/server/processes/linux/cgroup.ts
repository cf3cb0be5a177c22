/** A cgroup (v2) for each job, where the system lets us have them: the kernel keeps the list of who belongs to it. */
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { JobLimits } from "../jobs";
import { isAlive, identityOf } from "../inspect/process-identity";

/** The cgroup of one job. */
export interface JobCgroup {
  path: string;
  pids(): number[];
  /** Everybody in it, at once. */
  kill(): void;
  /** Resolves when it is empty and gone, which is the kernel's word that nobody is left. Kills whoever is. */
  remove(): Promise<void>;
}

export interface Cgroups {
  limits: { processes: boolean; memory: boolean };
  create(id: string, limits: JobLimits): JobCgroup;
}

/** Undefined where there are none for us: found by making one, and by ending a process that was born in it. */
export async function findCgroups(): Promise<Cgroups | undefined> {
  const own = ownCgroup();
  if (own === undefined) return undefined;
  // The unit of systemd keeps the server in a cgroup of this name, so that those beside it can have limits.
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
    await tryOut(create(crypto.randomUUID(), {}));
    return { limits, create };
  } catch {
    return undefined; // not ours to write in, or too old to have cgroup.kill
  }
}

/**
 * Removes the empty ones of servers that were killed before they could. Who lives in one is the business of his server's
 * ledger, and an empty one of a server that lives is about to be lived in.
 */
function removeDeserted(parent: string): void {
  for (const name of readdirSync(parent)) {
    const [, pid, startedAt] = /^(\d+)-(\d+)-/.exec(name) ?? [];
    if (startedAt === undefined || isAlive({ pid: Number(pid), startedAt })) continue;
    try {
      removeTree(join(parent, name));
    } catch {
      continue; // it was another user's
    }
  }
}

async function tryOut(cgroup: JobCgroup): Promise<void> {
  try {
    const child = Bun.spawn(["sleep", "10"], { cgroup: cgroup.path, stdin: "ignore" });
    cgroup.kill();
    await child.exited;
    if (child.signalCode !== "SIGKILL") throw new Error("cgroup.kill has not killed");
  } finally {
    await cgroup.remove();
  }
}

/** Where our own processes are, in the place where the second version is mounted. */
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

/** Controllers are handed down where nobody is in between; elsewhere jobs have no limits, and the level says so. */
function enableLimits(base: string, parent: string): Cgroups["limits"] {
  for (const controller of ["pids", "memory"])
    for (const directory of [base, parent])
      try {
        writeFileSync(join(directory, "cgroup.subtree_control"), `+${controller}`);
      } catch {
        break; // the system keeps it for itself
      }
  const enabled = readFileSync(join(parent, "cgroup.subtree_control"), "utf8").trim().split(" ");
  return { processes: enabled.includes("pids"), memory: enabled.includes("memory") };
}

/** One that exists already: perhaps left by a server that was killed. */
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
    async remove() {
      for (let waitMs = 1; !removeTree(path); waitMs = Math.min(2 * waitMs, 100)) {
        kill();
        await Bun.sleep(waitMs);
      }
    },
  };
}

function pidsOf(path: string): number[] {
  try {
    return readFileSync(join(path, "cgroup.procs"), "utf8").split("\n").filter(Boolean).map(Number);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** A job may have made cgroups within its own. False when somebody lives in one of them. */
function removeTree(path: string): boolean {
  try {
    for (const entry of readdirSync(path, { withFileTypes: true }))
      if (entry.isDirectory() && !removeTree(join(path, entry.name))) return false;
    rmdirSync(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return true;
    if (isBusy(error)) return false;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return codeOf(error) === "ENOENT" || codeOf(error) === "ENODEV";
}

function isBusy(error: unknown): boolean {
  return codeOf(error) === "EBUSY" || codeOf(error) === "ENOTEMPTY";
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
