/** One run of one hook: a job with its time, of which every process ends with it, and a record from its begin to its end. */
import { stat } from "node:fs/promises";
import { homedir } from "node:os";
import { defined } from "../../shared/defined";
import type { Hook, HookRecord } from "../../shared/protocol";
import { visibleString } from "../../shared/visible-text";
import { newId } from "../id";
import { log } from "../log";
import type { JobEnd, JobOwner, Jobs } from "../processes/jobs";
import { type HookAnswer, readAnswer, type ReadAnswer } from "./hook-answer";

export interface HookRun {
  hook: Hook;
  jobs: Pick<Jobs, "run">;
  owner: JobOwner;
  cwd: string;
  /** On its standard input. */
  input: string;
  /** Besides what each has. */
  environment?: Record<string, string>;
  /** At most; in the place of the hook's own, where that is longer. */
  mostSeconds?: number;
  /** Says that it has begun, or how it has ended; resolves once it is applied. */
  record(type: "hook-start" | "hook-end", hook: HookRecord): Promise<void>;
}

export interface HookEnd {
  name: string;
  /** Empty where it failed or was stopped. */
  answer: HookAnswer;
}

/**
 * A sandbox hides some of the places where people keep scripts (~/.claude/hooks): the files that the person has named in the
 * command are shown, and nothing around them.
 */
async function filesNamedIn(command: string): Promise<string[]> {
  const paths = [
    ...command.matchAll(/(?:^|[\s"'=;|&(<])(~|\$HOME|\$\{HOME\})?(\/[^\s"';|&()<>$`]+)/g),
  ];
  const named = new Set(paths.map(([, home, path]) => `${home ? homedir() : ""}${path}`));
  const isThere = [...named].map(async (path) => ((await isFile(path)) ? [path] : []));
  return (await Promise.all(isThere)).flat();
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false; // The shell says what is missing.
  }
}

/** Of each stream; what it writes beyond is read and left out. */
const mostOutput = 1_000_000;

/** Resolves when no process of it lives. Never throws: an abort stops it, and is in its record. */
export async function runHook(run: HookRun, signal: AbortSignal): Promise<HookEnd> {
  const { hook } = run;
  const name = visibleString(hook.name);
  const begun: HookRecord = { id: newId(), name, on: hook.on, startedAt: Date.now() };
  await run.record("hook-start", begun);
  const { outcome, answer, words, exitCode } = await execute(run, begun.id, signal);
  const end = { endedAt: Date.now(), outcome, ...defined({ exitCode, words }) };
  await run.record("hook-end", { ...begun, ...end });
  return { name, answer };
}

interface Executed extends Omit<ReadAnswer, "outcome"> {
  outcome: HookRecord["outcome"];
  exitCode?: number | undefined;
}

async function execute(
  { hook, jobs, owner, cwd, input, environment, mostSeconds = hook.timeoutSeconds }: HookRun,
  hookId: string,
  signal: AbortSignal,
): Promise<Executed> {
  const output = { stdout: "", stderr: "" };
  const seconds = Math.min(hook.timeoutSeconds, mostSeconds);
  let end: JobEnd;
  try {
    end = await jobs.run(
      {
        command: [Bun.which("bash") === null ? "sh" : "bash", "-c", hook.command],
        title: `hook “${visibleString(hook.name)}”`,
        cwd,
        env: {
          CLAUDE_PROJECT_DIR: cwd,
          REIN_HOOK: hook.on,
          REIN_SESSION_ID: owner.sessionId,
          ...(owner.runId !== undefined && { REIN_RUN_ID: owner.runId }),
          ...environment,
        },
        stdin: input,
        owner: { ...owner, hookId },
        readable: await filesNamedIn(hook.command),
        timeoutMs: seconds * 1000,
        ...(hook.unconfined && { unconfined: true }),
        onOutput(text, stream) {
          const room = mostOutput - output[stream].length;
          if (room > 0) output[stream] += text.slice(0, room);
        },
      },
      signal,
    );
  } catch (err) {
    if (signal.aborted) return { outcome: "stopped", answer: {} };
    log.warn({ err, hook: hook.name }, "A hook could not be started");
    const words = visibleString(`It could not be started: ${(err as Error).message}`);
    return { outcome: "failed", answer: {}, words };
  }
  const exitCode = end.exitCode ?? undefined;
  if (end.stopped) return { outcome: "stopped", answer: {} };
  if (end.timedOut) {
    const words = `It did not end within ${seconds} s, and was ended.`;
    return { outcome: "failed", answer: {}, words };
  }
  return { ...readAnswer({ ...end, ...output }), exitCode };
}
