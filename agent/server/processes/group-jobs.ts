/** Jobs as process groups: opened in a session of their own, killed at once on abort, and over only when seen dead. */
import { stat } from "node:fs/promises";
import { jobEnvironment } from "./environment";
import type { JobEnd, JobRequest, Jobs } from "./jobs";
import { killJob, type Leader, livesOn } from "./kill";
import { type OutputReader, readOutput } from "./output";
import { lookAt } from "./survey";

/** How long output is waited for once nobody is left who should write any: someone outside the job may hold the pipe. */
const drainMs = 250;

/** How long a process has that is about to end anyway: it closes its output some moments before. */
const lastMomentsMs = 20;

export function createJobs(): Jobs {
  const living = new Map<string, ReturnType<Jobs["list"]>[number]>();
  return {
    list: () => [...living.values()],
    async run(request, signal) {
      await checkDirectory(request.cwd);
      signal.throwIfAborted();
      const job = open(request);
      const id = crypto.randomUUID();
      const { pid } = job.leader;
      const command = request.command.join(" ");
      living.set(id, { id, pid, command, owner: request.owner, startedAt: Date.now() });
      const asked = askedBy(request.timeoutMs, signal);
      try {
        return await settle(job, asked);
      } finally {
        asked.dispose();
        living.delete(id);
      }
    },
  };
}

type Exit = Pick<JobEnd, "exitCode" | "signalName">;

interface OpenJob {
  leader: Leader;
  exited: Promise<Exit>;
  output: OutputReader[];
}

function open(request: JobRequest): OpenJob {
  const { stdin } = request;
  const child = Bun.spawn(request.command, {
    cwd: request.cwd,
    env: jobEnvironment(process.env, request.env ?? {}),
    detached: true, // setsid: a group and a session of its own
    stdin: stdin === undefined ? "ignore" : new TextEncoder().encode(stdin),
    stdout: "pipe",
    stderr: "pipe",
  });
  return {
    leader: { pid: child.pid, startedAt: lookAt(child.pid)?.startedAt },
    exited: child.exited.then(() => exitOf(child)),
    output: [
      readOutput(child.stdout, (text) => request.onOutput(text, "stdout")),
      readOutput(child.stderr, (text) => request.onOutput(text, "stderr")),
    ],
  };
}

/** After a death by signal Bun gives an exit code too (128 + n): it is not one that the program chose. */
function exitOf(child: Bun.Subprocess): Exit {
  const { signalCode: signalName, exitCode } = child;
  return signalName === null
    ? { exitCode, signalName }
    : { exitCode: null, signalName: String(signalName) };
}

/**
 * open ──► exited ──► drained ─┐
 *   └──────────┴─── asked ─────┴──► everyone left is killed and seen dead ──► end
 *
 * `asked` is an abort or the time-out. Without it, who is left was left behind by the command, and ends with it.
 */
async function settle(job: OpenJob, asked: Asked): Promise<JobEnd> {
  const ended = Promise.allSettled(job.output.map((reader) => reader.ended));
  await Promise.race([job.exited, asked.promise]);
  if (!asked.by) await Promise.race([ended, expiry(drainMs), asked.promise]);
  if (!asked.by) await lastMoments(job.leader);
  const by = asked.by;

  const killed = await killJob(job.leader);
  const lives = killed.survivors.some(({ pid }) => pid === job.leader.pid);
  const exit: Exit = lives ? { exitCode: null, signalName: null } : await job.exited;
  const outputHeld = (await Promise.race([ended, expiry(drainMs)])) === undefined;
  if (outputHeld) await Promise.all(job.output.map((reader) => reader.cancel()));
  for (const reading of await ended) if (reading.status === "rejected") throw reading.reason;

  const cut = lives || exit.signalName === "SIGKILL";
  return {
    ...exit,
    stopped: by === "abort" && cut,
    timedOut: by === "time-out" && cut,
    ended: by ? killed.ended : [],
    leftBehind: by ? [] : killed.ended,
    survivors: killed.survivors,
    outputHeld,
  };
}

/** Resolves when nobody of the job lives, or the moments are over: who lives then means to stay. */
async function lastMoments(leader: Leader): Promise<void> {
  const end = performance.now() + lastMomentsMs;
  while (livesOn(leader) && performance.now() < end) await expiry(2);
}

interface Asked {
  by: "abort" | "time-out" | undefined;
  promise: Promise<void>;
  dispose(): void;
}

/** Whether the end of the job is asked for, and by what first. */
function askedBy(timeoutMs: number | undefined, signal: AbortSignal): Asked {
  const { promise, resolve } = Promise.withResolvers<void>();
  const ask = (by: Asked["by"]): void => {
    asked.by ??= by;
    resolve();
  };
  const onAbort = (): void => ask("abort");
  const timer = timeoutMs === undefined ? undefined : setTimeout(ask, timeoutMs, "time-out");
  signal.addEventListener("abort", onAbort, { once: true });
  const asked: Asked = {
    by: undefined,
    promise,
    dispose() {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    },
  };
  return asked;
}

async function checkDirectory(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory())
    throw new Error(`cannot start a process in ${path}: no such directory`);
}

function expiry(ms: number): Promise<void> {
  return Bun.sleep(ms);
}
