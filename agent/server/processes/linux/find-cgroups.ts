/** Whether this server can give each job a cgroup (v2) of its own, and with which limits: found by trying it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Sentence } from "../../../shared/protocol";
import { countSentence, sentence } from "../../../shared/sentences";
import { log } from "../../log";
import type { Capabilities, JobLimits, MachineLimits } from "../jobs";
import { isAlive, identityOf, pidNamespace } from "../inspect/process-identity";
import { cgroupAt, type JobCgroup, removeTree } from "./cgroup";
import { type LimitedCgroup, withLimitHit } from "./limit-hit";
import { limitsOfMachine } from "./machine-limits";
import { controllersOf, findOwnCgroup, type OwnCgroup } from "./own-cgroup";

export interface Cgroups {
  limits: Capabilities["limits"];
  /** Why not all of them, for people. */
  noLimits?: Sentence;
  /** What all jobs together may use, and each one unless a person chose. */
  machine: MachineLimits;
  create(id: string, limits: JobLimits): LimitedCgroup;
}

/** A sentence, why not, where it cannot: it has created a cgroup, and killed a process that was started in it. */
export async function findCgroups(): Promise<Cgroups | Sentence> {
  const own = findOwnCgroup();
  if (own === undefined) return sentence("this system has no cgroups (version 2)");
  const parent = join(own.base, "rein");
  try {
    mkdirSync(parent, { recursive: true });
    removeDeserted(parent);
    const limits = enableLimits(own.base, parent);
    const machine = limitsOfMachine(own);
    const noLimits = lackOf(limits, own);
    const { pid, startedAt } = identityOf(process.pid);
    const namespace = pidNamespace();
    const create: Cgroups["create"] = (id, wanted) => {
      const path = join(parent, `${pid}-${startedAt}-${namespace}-${id}`);
      mkdirSync(path);
      limit(path, limits, wanted);
      return withLimitHit(cgroupAt(path));
    };
    await tryKill(create(crypto.randomUUID(), {}));
    limitAll(own.base, parent, limits, machine.all);
    return { limits, machine, create, ...(noLimits !== undefined && { noLimits }) };
  } catch {
    // Not writable for us, or too old to have cgroup.kill.
    return own.problem ?? sentence("the server's cgroup was not delegated to it");
  }
}

/** The names of the controllers, as the kernel has them. */
const controllers = { processes: "pids", memory: "memory", cpu: "cpu" } as const;

function lackOf(
  limits: Capabilities["limits"],
  { base, problem }: OwnCgroup,
): Sentence | undefined {
  const names = Object.keys(controllers) as (keyof typeof controllers)[];
  const missing = names.filter((name) => !limits[name]).map((name) => controllers[name]);
  if (missing.length === 0) return undefined;
  const given = controllersOf(base);
  const isGiven = missing.every((name) => given.includes(name));
  if (isGiven && problem !== undefined) return problem;
  return countSentence(
    missing.length,
    "the server's cgroup was given no {missing} controller",
    "the server's cgroup was given no {missing} controllers",
    { missing },
  );
}

/**
 * Removes the empty cgroups of servers that were killed. A process in one is killed by the sweep of its server's ledger,
 * and an empty one of a living server is about to get a process. Whether a server in another container lives is not seen
 * here: its jobs go on, and what it leaves stays.
 */
function removeDeserted(parent: string): void {
  for (const name of readdirSync(parent)) {
    const [, pid, startedAt, namespace] = /^(\d+)-(\d+)-(\d+)-/.exec(name) ?? [];
    if (namespace !== pidNamespace() || isAlive({ pid: Number(pid), startedAt: startedAt! }))
      continue;
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

/** A cgroup can pass controllers down only while it has no processes itself; where it cannot, jobs have no limits. */
function enableLimits(base: string, parent: string): Cgroups["limits"] {
  for (const controller of Object.values(controllers))
    for (const directory of [base, parent])
      try {
        writeFileSync(join(directory, "cgroup.subtree_control"), `+${controller}`);
      } catch {
        break; // the system does not let us
      }
  const enabled = readFileSync(join(parent, "cgroup.subtree_control"), "utf8").trim().split(" ");
  return {
    processes: enabled.includes("pids"),
    memory: enabled.includes("memory"),
    cpu: enabled.includes("cpu"),
  };
}

/** In microseconds. */
const period = 100_000;

/**
 * Without swap, which would only make the end of a job slow for the whole machine. A job over its memory ends as a whole,
 * so that no half of it goes on with what the other half was to give; but of an engine only the process that needs it.
 */
function limit(path: string, limits: Capabilities["limits"], wanted: JobLimits): void {
  const { processes, memoryBytes, cpus, endsWhole = true } = wanted;
  if (limits.processes && processes !== undefined) set(path, "pids.max", processes);
  if (limits.memory && memoryBytes !== undefined) {
    set(path, "memory.max", memoryBytes);
    set(path, "memory.swap.max", 0);
  }
  if (limits.memory && endsWhole) set(path, "memory.oom.group", 1);
  if (limits.cpu && cpus !== undefined)
    set(path, "cpu.max", `${Math.round(cpus * period)} ${period}`);
}

/** The jobs together leave room for the server, and give way to it where both want the processors. */
function limitAll(
  base: string,
  parent: string,
  limits: Capabilities["limits"],
  all: MachineLimits["all"],
): void {
  if (limits.memory) set(parent, "memory.max", all.memoryBytes);
  if (limits.processes) set(parent, "pids.max", all.processes);
  if (!limits.cpu) return;
  set(parent, "cpu.weight", 20);
  set(join(base, "server"), "cpu.weight", 1000);
}

/** Not every kernel has every file (no swap, an old one), and a service manager may take a controller back: the job runs all the same. */
function set(cgroup: string, file: string, value: number | string): void {
  const path = join(cgroup, file);
  try {
    if (existsSync(path)) writeFileSync(path, String(value));
  } catch (err) {
    log.warn({ err, path }, "A limit of jobs could not be set");
  }
}
