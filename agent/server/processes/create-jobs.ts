/** Opens jobs in the surest way this machine has, and knows those that live. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { OpenJob } from "./job";
import type { Job, JobOwner, JobRequest, Jobs, Sandbox } from "./jobs";
import { JobLedger } from "./job-ledger";
import { findCapabilities, type CapabilityCeiling } from "./capabilities";

export interface JobsOptions {
  /** Where the compiled supervisor and the ledger of living jobs are kept. */
  dataDir: string;
  /** How long a process that handles SIGTERM may clean up after a polite stop. */
  graceMs?: number | undefined;
  /** For every job that asks for none of its own. */
  sandbox?: Sandbox | undefined;
  level?: CapabilityCeiling;
}

/** What an earlier server has left in `dataDir` is ended first. */
export function createJobs({ dataDir, graceMs = 250, sandbox, level = {} }: JobsOptions): Jobs {
  const living = new Map<string, OpenJob>();
  const times = { graceMs, patienceMs: 5000 };
  const ledger = new JobLedger(join(dataDir, "jobs"));
  const found = ledger.sweep().then(() => findCapabilities(dataDir, level));

  async function open(asked: JobRequest, signal: AbortSignal): Promise<Job> {
    const isShutIn = sandbox && !asked.sandbox && !asked.unconfined;
    const request = isShutIn ? { ...asked, sandbox } : asked;
    await checkDirectory(request.cwd);
    const level = await found;
    signal.throwIfAborted();
    const id = crypto.randomUUID();
    const body = await level.start(id, request);
    ledger.add(id, body);
    const job = new OpenJob(id, request, body, times, signal);
    living.set(id, job);
    void body.gone.then(() => job.ended).then(() => living.delete(id));
    void body.gone.then(() => ledger.remove(id));
    return job;
  }

  return {
    open,
    run: async (request, signal) => (await open(request, signal)).ended,
    list: (owner = {}) =>
      [...living.values()].filter((job) => !job.isOver && isOf(job.owner, owner)),
    capabilities: async () => {
      const { proof, supervisor, limits, sandbox } = await found;
      return { proof, supervisor, limits, sandbox };
    },
  };
}

function isOf(owner: JobOwner, asked: Partial<JobOwner>): boolean {
  return (Object.keys(asked) as (keyof JobOwner)[]).every((key) => owner[key] === asked[key]);
}

async function checkDirectory(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory())
    throw new Error(`cannot start a process in ${path}: no such directory`);
}
