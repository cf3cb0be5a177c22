/** What the tests of processes share: real jobs of a shell, and waiting for facts about them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createJobs, type JobsOptions } from "../server/processes/create-jobs";
import type { Job, JobEnd, JobRequest, Jobs } from "../server/processes/jobs";
import { isDead, readProcess } from "../server/processes/inspect/process-table";
import { within } from "./within";

/** What a shell has said so far, and waiting for it to say something. */
interface Saying {
  text(): string;
  /** Resolves with the match as soon as the output has it. Fails when the job ends without it. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
}

export interface StartedShell extends Saying {
  end: Promise<JobEnd>;
  controller: AbortController;
}

export interface OpenShell extends Saying {
  job: Job;
  controller: AbortController;
}

/** The compiled supervisor is made once for all tests. */
const dataDir = mkdtempSync(join(tmpdir(), "rein-jobs-"));
process.on("exit", () => rmSync(dataDir, { recursive: true, force: true }));

export function testJobs(options: Partial<JobsOptions> = {}): Jobs {
  return createJobs({ dataDir, ...options });
}

/** Bash: a sleep in the background, `$!`, that is one: at first such a child is a copy of its shell. */
export const napping =
  'sleep 300 & until read -r name </proc/$!/comm && [ "$name" = sleep ]; do :; done';

/** Starts a shell job, as the bash tool does. */
export function startShell(
  script: string,
  options: Partial<JobRequest> = {},
  jobs: Jobs = testJobs(),
): StartedShell {
  const controller = new AbortController();
  const listener = new Listener();
  const end = jobs.run({ ...shellRequest(script, listener), ...options }, controller.signal);
  listener.until(end);
  return { end, controller, text: () => listener.text, said: (pattern) => listener.said(pattern) };
}

/** The same, with the handle of the job. */
export async function openShell(
  script: string,
  options: Partial<JobRequest> = {},
  jobs: Jobs = testJobs(),
): Promise<OpenShell> {
  const controller = new AbortController();
  const listener = new Listener();
  const request = { ...shellRequest(script, listener), ...options };
  const job = await jobs.open(request, controller.signal);
  listener.until(job.ended);
  return { job, controller, text: () => listener.text, said: (pattern) => listener.said(pattern) };
}

function shellRequest(script: string, listener: Listener): JobRequest {
  return {
    command: ["bash", "-c", script],
    cwd: "/",
    owner: { sessionId: "session", runId: "run", toolCallId: "call" },
    onOutput: (text) => listener.hear(text),
  };
}

class Listener {
  text = "";
  #changed = Promise.withResolvers<void>();
  #over: Promise<unknown> = Promise.resolve();
  #isOver = false;

  hear(text: string): void {
    this.text += text;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }

  until(end: Promise<unknown>): void {
    const over = (): boolean => (this.#isOver = true);
    this.#over = end.then(over, over);
  }

  async said(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.text);
      if (match) return match;
      if (this.#isOver) throw new Error(`the job ended without saying ${pattern}: ${this.text}`);
      const word = () => `${pattern}, where the job has said: ${this.text}`;
      await within(word, Promise.race([this.#changed.promise, this.#over]));
    }
  }
}

export function lives(pid: number): boolean {
  return !isDead(readProcess(pid));
}

/** The pids that a script printed as `pids: 1 2 3`. */
export async function printedPids(shell: Saying, count: number): Promise<number[]> {
  const [, printed] = await shell.said(new RegExp(`pids:((?: \\d+){${count}})`));
  return printed!.trim().split(" ").map(Number);
}
