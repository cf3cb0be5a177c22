/** Starts jobs with the strongest mechanism of this machine, and lists the living ones. */
import { realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  type CommandSettings,
  defaultLimits,
  type Sentence,
  weakestProof,
} from "../../shared/protocol";
import { errorCode } from "../../shared/error-code";
import { abortable } from "../abort";
import { log } from "../log";
import { OpenJob } from "./job";
import { limitFacts, limitsOf } from "./chosen-limits";
import { restoreLimits } from "./linux/libc";
import type { Job, JobOwner, JobRequest, Jobs, Sandbox } from "./jobs";
import { JobLedger } from "./job-ledger";
import type { ProcessGroup } from "./process-group";
import { sharedVariables, withheldNames } from "./job-environment";
import { removeCaches, withOwnCaches } from "./own-caches";
import { endStrays } from "./strays";
import { type CapabilityCeiling, findCapabilities, trySandbox } from "./capabilities";

export interface JobsOptions {
  /** Holds the compiled supervisor and the ledger of living jobs. */
  dataDir: string;
  /** How long a process that handles SIGTERM may clean up after a polite stop. */
  graceMs?: number | undefined;
  /** For every job whose request names none; in the place of what `settings` say. */
  sandbox?: Sandbox | undefined;
  /** Read at the start of each command. */
  settings?: () => CommandSettings;
  ceiling?: CapabilityCeiling;
  /** How this server gets limits for its jobs, where it is known better than from the machine; for people. */
  limitsAdvice?: Sentence | undefined;
}

/** A job that lowers the server's limits may keep it for so long from accepting the connection of a stop. */
const guardMs = 250;

/** Kills first what an earlier server left running, as recorded in `dataDir`. */
export function createJobs({
  dataDir,
  graceMs = 250,
  sandbox,
  settings = () => unconfined,
  ceiling = {},
  limitsAdvice,
}: JobsOptions): Jobs {
  const living = new Map<string, OpenJob>();
  let guard: Timer | undefined;
  const times = { graceMs, killTimeoutMs: 1500 };
  const ledger = new JobLedger(join(dataDir, "jobs"));
  const tools = trySandbox(dataDir, ceiling);
  const swept = ledger.sweep();
  const found = swept.then(() => findCapabilities(dataDir, ceiling, tools, limitsAdvice));
  // Each use of them throws the failure; one that is never used must not be reported as an unhandled rejection.
  for (const one of [tools, found]) one.catch(() => {});

  async function open(asked: JobRequest, signal: AbortSignal): Promise<Job> {
    await abortable(checkDirectory(asked.cwd), signal);
    const { start, capabilities } = await abortable(found, signal);
    const wanted = asked.unconfined ? asked : await abortable(commandRequest(asked), signal);
    const request = { ...wanted, limits: limitsOf(wanted, settings(), capabilities) };
    const id = crypto.randomUUID();
    const group = await recorded(id, request, () => start(id, request, signal));
    const job = new OpenJob(id, request, group, times, signal, (own) => ledger.addOwn(id, own));
    living.set(id, job);
    guardLimits();
    Promise.all([group.gone, job.ended])
      .then(([gone, { proof }]) => {
        if (!job.isOver) return; // one that left the group lives, and its stop can be tried again
        living.delete(id);
        guardLimits();
        if (weakestProof([gone, proof]) === "unseen") ledger.leave(id);
        else ledger.remove(id);
      })
      .catch((err: unknown) => log.error({ err }, "The end of a job could not be recorded"));
    return job;
  }

  /** The ledger has the job before it has a process, and no longer when it could not be started. */
  async function recorded(
    id: string,
    request: JobRequest,
    start: () => Promise<ProcessGroup>,
  ): Promise<ProcessGroup> {
    ledger.open(id, request);
    try {
      const group = await start();
      ledger.add(id, group);
      return group;
    } catch (error) {
      // Without descriptors a start can fail after its first process has begun: the next server looks for it.
      if (errorCode(error) === "EMFILE") ledger.leave(id);
      else ledger.remove(id);
      guardLimits();
      throw error;
    }
  }

  /** Restores the limits of this server now, and again and again while a job lives: it can lower them at any time. */
  function guardLimits(): void {
    restoreLimits();
    clearInterval(guard);
    if (living.size > 0) guard = setInterval(restoreLimits, guardMs).unref();
  }

  /** A model's command, as the settings want it now. */
  async function commandRequest(asked: JobRequest): Promise<JobRequest> {
    const [directory, own] = await Promise.all([realpath(asked.cwd), realpath(dataDir)]);
    if (directory === own || directory.startsWith(`${own}/`))
      throw new Error(`${asked.cwd} holds Rein's own data, and no command works there`);
    const request = { environment: settings().environment, ...asked };
    const chosen = asked.sandbox ? undefined : await confinement();
    return chosen ? withOwnCaches(request, chosen, dataDir) : request;
  }

  async function confinement(): Promise<Sandbox | undefined> {
    return sandbox ?? sandboxFor(settings(), !("lack" in (await tools)));
  }

  return {
    open,
    run: async (request, signal) => (await open(request, signal)).ended,
    list: (owner = {}) =>
      [...living.values()].filter((job) => !job.isOver && isOf(job.owner, owner)),
    swept,
    endStrays,
    capabilities: async () => (await found).capabilities,
    limits: async () => limitFacts(settings(), (await found).capabilities),
    confinement,
    removeCaches: (cwd) =>
      removeCaches(cwd, dataDir).catch((err: unknown) =>
        log.error({ err }, "The caches of a directory could not be removed"),
      ),
    withheld: () => withheldNames(process.env, settings().environment),
    variables: () => sharedVariables(process.env, settings().environment),
  };
}

const unconfined: CommandSettings = {
  sandbox: "off",
  network: "on",
  environment: [],
  ...defaultLimits,
};

/** Where a sandbox is asked for, or a limit that only a sandbox can hold, no command runs without one. */
function sandboxFor({ sandbox, network }: CommandSettings, works: boolean): Sandbox | undefined {
  if (sandbox === "off" || (sandbox === "auto" && network === "on" && !works)) return undefined;
  return { network: Array.isArray(network) ? network : network === "on" };
}

function isOf(owner: JobOwner, asked: Partial<JobOwner>): boolean {
  return (Object.keys(asked) as (keyof JobOwner)[]).every((key) => owner[key] === asked[key]);
}

async function checkDirectory(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory())
    throw new Error(`cannot start a process in ${path}: no such directory`);
}
