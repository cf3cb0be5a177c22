/** Opens jobs in the surest way this machine has, and knows those that live. */
import { stat } from "node:fs/promises";
import { OpenJob } from "./job";
import type { Job, JobOwner, JobRequest, Jobs } from "./jobs";
import { startWalked } from "./walked";

export interface JobsOptions {
  /** How long a process that handles SIGTERM may clean up after a polite stop. */
  graceMs?: number;
}

export function createJobs({ graceMs = 250 }: JobsOptions = {}): Jobs {
  const living = new Map<string, OpenJob>();
  const times = { graceMs, patienceMs: 5000 };

  async function open(request: JobRequest, signal: AbortSignal): Promise<Job> {
    await checkDirectory(request.cwd);
    signal.throwIfAborted();
    const id = crypto.randomUUID();
    const body = startWalked(request);
    const job = new OpenJob(id, request, body, times, signal);
    living.set(id, job);
    void body.gone.then(() => job.ended).then(() => living.delete(id));
    return job;
  }

  return {
    open,
    run: async (request, signal) => (await open(request, signal)).ended,
    list: (owner = {}) =>
      [...living.values()].filter((job) => !job.isOver && isOf(job.owner, owner)),
    level: () =>
      Promise.resolve({
        proof: "none",
        supervisor: "none",
        limits: { processes: false, memory: false },
        sandbox: false,
      }),
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
