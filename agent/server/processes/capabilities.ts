/** What this machine lets jobs be: found once, by trying the real thing, and said in a line. */
import { realpathSync } from "node:fs";
import { join } from "node:path";
import type { ProcessGroup } from "./process-group";
import { findCgroups } from "./linux/cgroup";
import { compileSupervisor } from "./linux/supervisor/compile";
import type { JobRequest, Capabilities } from "./jobs";
import { becomeSubreaper } from "./linux/libc";
import { findBwrap, inSandbox } from "./sandbox";
import { startSupervised } from "./linux/supervised";
import { startTracked } from "./fallback/tracked";

/** A ceiling for tests and measurements: what is left out is not tried. */
export interface CapabilityCeiling {
  supervisor?: Capabilities["supervisor"];
  cgroup?: boolean;
  sandbox?: boolean;
}

export interface FoundCapabilities extends Capabilities {
  /** Starts the processes of a job in the surest way there is. */
  start(id: string, request: JobRequest): Promise<ProcessGroup>;
}

/** `dataDir` is hidden from jobs that are shut in. */
export async function findCapabilities(
  dataDir: string,
  wish: CapabilityCeiling,
): Promise<FoundCapabilities> {
  const hidden = realpathSync(dataDir);
  const bwrap = wish.sandbox === false ? undefined : await findBwrap();
  const found = await findSupervisor(dataDir, wish);
  const cgroups = found && wish.cgroup !== false ? await findCgroups() : undefined;
  return {
    proof: found ? (cgroups ? "supervisor and cgroup" : "supervisor") : "none",
    supervisor: found?.kind ?? "none",
    limits: cgroups?.limits ?? { processes: false, memory: false },
    sandbox: bwrap !== undefined,
    async start(id, request) {
      const shut = inSandbox(request, bwrap, hidden);
      if (found === undefined) return startTracked(shut);
      return startSupervised(shut, {
        program: found.program,
        cgroup: cgroups?.create(id, request.limits ?? {}),
      });
    },
  };
}

/** For the start of the server and for the person who reads it. */
export function describeCapabilities({ proof, supervisor, limits, sandbox }: Capabilities): string {
  if (proof === "none")
    return "Processes: found by their parents and groups, and killed; this system has no proof that none got away";
  const limited = limits.memory && limits.processes ? ", with limits" : "";
  const cgroup = proof === "supervisor and cgroup" ? ` and a cgroup${limited}` : "";
  const kind = supervisor === "compiled" ? "a supervisor" : "a supervisor (script)";
  return `Processes: ${kind}${cgroup} for each job proves that a stop left nothing; ${sandbox ? "a sandbox is possible" : "no sandbox (bwrap)"}`;
}

interface FoundSupervisor {
  kind: "compiled" | "script";
  program: string[];
}

async function findSupervisor(
  dataDir: string,
  wish: CapabilityCeiling,
): Promise<FoundSupervisor | undefined> {
  if (process.platform !== "linux" || wish.supervisor === "none") return undefined;
  becomeSubreaper();
  const compiled = wish.supervisor === "script" ? undefined : await compileSupervisor(dataDir);
  if (compiled && (await supervises([compiled]))) return { kind: "compiled", program: [compiled] };
  return (await supervises(script)) ? { kind: "script", program: script } : undefined;
}

/** Options that keep Bun from reading anything of the place where it is started. */
const script = [
  process.execPath,
  "--smol",
  "--no-env-file",
  "--no-install",
  join(import.meta.dir, "linux/supervisor/supervise.ts"),
];

const trialMs = 5000;

/** It is given what a process group would lose, and has to end it. */
async function supervises(program: string[]): Promise<boolean> {
  const command = ["sh", "-c", "setsid sleep 60 & exit 7"];
  const owner = { sessionId: "trial" };
  const request: JobRequest = { command, cwd: "/", owner, onOutput: () => {} };
  try {
    const body = await startSupervised(request, { program, cgroup: undefined });
    const { exitCode } = await body.exited;
    body.end();
    const isGone = await Promise.race([body.gone.then(() => true), Bun.sleep(trialMs)]);
    return exitCode === 7 && isGone === true;
  } catch {
    return false; // it is not one that runs here
  }
}
