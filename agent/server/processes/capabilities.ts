/** What this machine can do for jobs: found once, by trying each mechanism, and summed up in one line. */
import { accessSync, constants, readFileSync, realpathSync } from "node:fs";
import { defined } from "../../shared/defined";
import { errorCode } from "../../shared/error-code";
import type { Sentence, SentenceValue } from "../../shared/protocol";
import { inWords, sentence } from "../../shared/sentences";
import { abortable, neverAborts } from "../abort";
import { bunScript, isBinary } from "../program-files";
import type { ProcessGroup } from "./process-group";
import { type Cgroups, findCgroups } from "./linux/find-cgroups";
import { adviceForLimits } from "./linux/limits-advice";
import { compileSupervisor } from "./linux/supervisor/compile";
import type { JobRequest, Capabilities, Sandbox } from "./jobs";
import { markNextProcess } from "./linux/inherited-mark";
import { becomeSubreaper, forbidTracing } from "./linux/libc";
import { withWaysOut } from "./network/job-network";
import { confine, findSandbox, type NoSandbox, type SandboxTools } from "./sandbox";
import { startSupervised } from "./linux/supervised";
import { startTracked } from "./fallback/tracked";

/** An upper bound, for tests and benchmarks: what it excludes is not tried. */
export interface CapabilityCeiling {
  supervisor?: Capabilities["supervisor"];
  cgroup?: boolean;
  sandbox?: boolean;
  /** What is tried in the place of the bwrap that is installed. */
  bwrap?: string;
}

export interface FoundCapabilities {
  capabilities: Capabilities;
  /**
   * Starts the processes of a job with the strongest mechanism found. Rejects with the signal's reason when that aborts
   * before there is any.
   */
  start: (id: string, request: JobRequest, signal: AbortSignal) => Promise<ProcessGroup>;
}

/** Known before all else: the first message to a model says whether its commands run in one. */
export async function trySandbox(
  dataDir: string,
  ceiling: CapabilityCeiling,
): Promise<SandboxTools | NoSandbox> {
  if (ceiling.sandbox === false) return { lack: sentence("not tried") };
  // `dataDir` is hidden from sandboxed jobs.
  return findSandbox(realpathSync(dataDir), ceiling.bwrap);
}

export async function findCapabilities(
  dataDir: string,
  ceiling: CapabilityCeiling,
  sandbox: Promise<SandboxTools | NoSandbox>,
  advice?: Sentence,
): Promise<FoundCapabilities> {
  const [tools, { found, fallen }] = await Promise.all([sandbox, findSupervisor(dataDir, ceiling)]);
  const tried = found && ceiling.cgroup !== false ? await findCgroups() : sentence("not tried");
  const [cgroups, whyNot] = "text" in tried ? [undefined, tried] : [tried, undefined];
  return {
    capabilities: {
      proof: found ? (cgroups ? "supervisor and cgroup" : "supervisor") : "none",
      supervisor: found?.kind ?? "none",
      ...(fallen && { fallen: inWords(fallen), fallenSaid: fallen }),
      limits: cgroups?.limits ?? noLimits,
      ...limitFacts(found, cgroups, whyNot, advice),
      ...("lack" in tools
        ? { sandboxWorks: false, noSandbox: inWords(tools.lack), noSandboxSaid: tools.lack }
        : { sandboxWorks: true }),
    },
    async start(id, request, signal) {
      const confined = await abortable(confine(withWaysOut(request), tools), signal);
      signal.throwIfAborted();
      const mark = markNextProcess(id);
      if (found === undefined) return startTracked(confined);
      const cgroup = cgroups?.create(id, request.limits ?? {});
      return startSupervised(confined, { program: found.program, cgroup, mark }, signal);
    },
  };
}

const noLimits: Capabilities["limits"] = { processes: false, memory: false, cpu: false };

function limitFacts(
  supervisor: FoundSupervisor | undefined,
  cgroups: Cgroups | undefined,
  whyNot: Sentence | undefined,
  advice: Sentence | undefined,
): Pick<Capabilities, "noLimits" | "limitsAdvice" | "limitsSaid" | "machine"> {
  if (process.platform !== "linux") return lacking(sentence("only Linux has cgroups"), undefined);
  if (supervisor === undefined)
    return lacking(sentence("no supervisor works on this machine"), undefined);
  const lack = whyNot ?? cgroups?.noLimits;
  return {
    ...(lack && lacking(lack, advice ?? adviceForLimits())),
    ...defined({ machine: cgroups?.machine }),
  };
}

function lacking(lack: Sentence, advice: Sentence | string | undefined) {
  const isCommand = typeof advice === "string";
  return {
    noLimits: inWords(lack),
    ...defined({ limitsAdvice: isCommand ? advice : advice && inWords(advice) }),
    limitsSaid: { lack, ...defined({ advice: isCommand ? undefined : advice }) },
  };
}

/** Printed when the server starts. */
export function describeCapabilities({ proof, supervisor, limits }: Capabilities): string {
  if (proof === "none")
    return "Processes: found by parent and group; a stop sees them dead, and this system cannot prove that it killed all of them";
  const held = Object.entries({
    memory: limits.memory,
    processes: limits.processes,
    processors: limits.cpu,
  }).flatMap(([name, isHeld]) => (isHeld ? [name] : []));
  const limited = held.length > 0 ? ` with limits of ${held.join(", ")}` : "";
  const cgroup = proof === "supervisor and cgroup" ? ` and a cgroup${limited}` : "";
  const kind = supervisor === "compiled" ? "a supervisor" : "a supervisor script";
  return `Processes: ${kind}${cgroup} per job ${cgroup ? "prove" : "proves"} that a stop killed all of them`;
}

/** Printed below it, for all to see: why the proof is not the one that this system can give. */
export function describeFallen({ fallen }: Capabilities): string[] {
  if (fallen === undefined) return [];
  return [process.stdout.isTTY && Bun.enableANSIColors ? `\x1b[31m${fallen}\x1b[39m` : fallen];
}

/** Printed below it. */
export function describeConfinement(
  confinement: Sandbox | undefined,
  { sandboxWorks, noSandbox }: Capabilities,
): string {
  if (confinement === undefined)
    return `Commands run WITHOUT a sandbox and can do whatever your user can${sandboxWorks ? "" : ` (${noSandbox})`}`;
  if (!sandboxWorks) return `Commands need a sandbox and are refused: ${noSandbox}`;
  return `Commands run in a sandbox, ${networkWords(confinement)}`;
}

function networkWords({ network }: Sandbox): string {
  if (typeof network === "boolean") return network ? "with network" : "without network";
  return `with network to ${network.join(", ") || "no domain"}`;
}

interface FoundSupervisor {
  kind: "compiled" | "script";
  program: string[];
}

interface SupervisorLook {
  found?: FoundSupervisor;
  /** As in Capabilities. */
  fallen?: Sentence;
}

async function findSupervisor(
  dataDir: string,
  ceiling: CapabilityCeiling,
): Promise<SupervisorLook> {
  if (process.platform !== "linux" || ceiling.supervisor === "none") return {};
  const compiled = ceiling.supervisor === "script" ? undefined : await compileSupervisor(dataDir);
  const guard = isProcessHidden() ? "" : "guarded";
  try {
    becomeSubreaper(); // not of the compiler's processes
    // Before any job: it could take the keys from the memory or the environment of this server.
    if (guard !== "") forbidTracing();
  } catch (error) {
    return { fallen: unprovenWords((error as Error).message) };
  }
  const programs: FoundSupervisor[] = [{ kind: "script", program: [...bunScript(script), guard] }];
  if (compiled) programs.unshift({ kind: "compiled", program: [compiled, guard] });
  const reasons: Sentence[] = [];
  for (const found of programs) {
    const reason = await whyUnfit(found.program);
    if (reason === undefined) return { found, ...defined({ fallen: scriptWords(reasons) }) };
    reasons.push(
      found.kind === "compiled"
        ? sentence("the compiled one {reason}", { reason })
        : sentence("its script {reason}", { reason }),
    );
  }
  return { fallen: unprovenWords(reasons) };
}

function unprovenWords(reason: SentenceValue): Sentence {
  return sentence(
    "A stop cannot prove that it killed all processes, as it can on Linux: no supervisor works here ({reason}).",
    { reason },
  );
}

function scriptWords([reason]: Sentence[]): Sentence | undefined {
  if (reason === undefined) return undefined;
  return sentence(
    "The supervisor of jobs is a script, which is slower and proves the same: {reason}.",
    { reason },
  );
}

const script = "agent/server/processes/linux/supervisor/supervise.ts";

/**
 * Whether /proc hides processes that may not be traced, even from their own user (hidepid): then the processes of a guarded
 * supervisor could not be found, nor this server by the next one.
 */
function isProcessHidden(): boolean {
  return /^.* \/proc .*\bhidepid=[^0]/m.test(readFileSync("/proc/self/mountinfo", "utf8"));
}

const trialMs = 5000;

/**
 * Undefined when it kills a process that has left its process group and lost its parent; else what is wrong with it. Another
 * process that loses its parent at that moment takes the proof away: then it is tried once more.
 */
async function whyUnfit(program: string[], isLast = false): Promise<Sentence | undefined> {
  const command = ["sh", "-c", "setsid sleep 60 & exit 7"];
  const owner = { sessionId: "trial" };
  const request: JobRequest = { command, cwd: "/", owner, onOutput: () => {} };
  try {
    const group = await startSupervised(request, { program, cgroup: undefined }, neverAborts);
    const { exitCode } = await group.exited;
    group.kill();
    const proof = await Promise.race([group.gone, Bun.sleep(trialMs)]);
    if (proof === "seen" && !isLast) return await whyUnfit(program, true);
    if (exitCode === 7 && proof === "proven") return undefined;
    return sentence("did not prove the end of a trial (exit {exitCode}, {proof})", {
      exitCode: exitCode ?? "-",
      proof: proof ?? sentence("no answer"),
    });
  } catch (error) {
    return (
      whyForbidden(program[0]!) ??
      sentence("does not run: {reason}", { reason: (error as Error).message })
    );
  }
}

/** What keeps this user from running a program, if that can be seen before it is tried. */
function whyForbidden(program: string): Sentence | undefined {
  try {
    accessSync(program, constants.X_OK);
    return undefined;
  } catch (error) {
    if (errorCode(error) !== "EACCES") return undefined;
    return isBinary
      ? sentence(
          "may not be run ({program}): is that mounted “noexec”? REIN_DATA_DIR names another place, and searching files needs one, too",
          { program },
        )
      : sentence(
          "may not be run ({program}): is that mounted “noexec”? REIN_DATA_DIR names another place",
          { program },
        );
  }
}
