/** Shared by the tests of processes: real jobs of a shell, and waiting for facts about them. */
import { createJobs, type JobsOptions } from "../server/processes/create-jobs";
import type { Job, JobEnd, JobRequest, Jobs } from "../server/processes/jobs";
import { isDead, readProcess } from "../server/processes/inspect/process-table";
import { giveSupervisor } from "./given-supervisor";
import { lastingDirectory } from "./temporary-directory";
import { within } from "./within";

/** A shell's output and handle. */
interface ShellOutput {
  /** The output so far. */
  text(): string;
  /** Resolves with the match as soon as the output has it. Rejects when the job ends first. */
  untilOutput(pattern: RegExp): Promise<RegExpExecArray>;
}

export interface StartedShell extends ShellOutput {
  end: Promise<JobEnd>;
  controller: AbortController;
}

export interface OpenShell extends ShellOutput {
  job: Job;
  controller: AbortController;
}

const dataDir = lastingDirectory("rein-jobs-");
await giveSupervisor(dataDir);

export function testJobs(options: Partial<JobsOptions> = {}): Jobs {
  return createJobs({ dataDir, ...options });
}

/** Bash: starts a sleep in the background, `$!`, and waits for its exec, before which the child is a copy of the shell. */
export const napping =
  'sleep 300 & until read -r -d "" name </proc/$!/cmdline && [ "$name" = sleep ]; do :; done';

/** Starts a shell job, as the bash tool does. */
export function startShell(
  script: string,
  options: Partial<JobRequest> = {},
  jobs: Jobs = testJobs(),
): StartedShell {
  const controller = new AbortController();
  const output = new CollectedOutput();
  const end = jobs.run({ ...shellRequest(script, output), ...options }, controller.signal);
  output.endsWith(end);
  return { end, controller, ...output.view() };
}

/** The same, with the handle of the job. */
export async function openShell(
  script: string,
  options: Partial<JobRequest> = {},
  jobs: Jobs = testJobs(),
): Promise<OpenShell> {
  const controller = new AbortController();
  const output = new CollectedOutput();
  const request = { ...shellRequest(script, output), ...options };
  const job = await jobs.open(request, controller.signal);
  output.endsWith(job.ended);
  return { job, controller, ...output.view() };
}

function shellRequest(script: string, output: CollectedOutput): JobRequest {
  return {
    command: ["bash", "-c", script],
    cwd: "/",
    owner: { sessionId: "session", runId: "run", toolCallId: "call" },
    onOutput: (text) => output.add(text),
  };
}

class CollectedOutput {
  text = "";
  #changed = Promise.withResolvers<void>();
  #over: Promise<unknown> = Promise.resolve();
  #isOver = false;

  add(text: string): void {
    this.text += text;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }

  endsWith(end: Promise<unknown>): void {
    const over = (): boolean => (this.#isOver = true);
    this.#over = end.then(over, over);
  }

  view(): ShellOutput {
    return { text: () => this.text, untilOutput: (pattern) => this.#match(pattern) };
  }

  async #match(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.text);
      if (match) return match;
      if (this.#isOver) throw new Error(`the job ended without printing ${pattern}: ${this.text}`);
      const what = () => `${pattern} in the job's output: ${this.text}`;
      await within(what, Promise.race([this.#changed.promise, this.#over]));
    }
  }
}

export function isRunning(pid: number): boolean {
  return !isDead(readProcess(pid));
}

/** The pids that a script printed as `pids: 1 2 3`. */
export async function printedPids(shell: ShellOutput, count: number): Promise<number[]> {
  const [, printed] = await shell.untilOutput(new RegExp(`pids:((?: \\d+){${count}})`));
  return printed!.trim().split(" ").map(Number);
}
