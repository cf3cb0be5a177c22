/** What the tests of processes share: real jobs of a shell, and waiting for facts about them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createJobs, type JobsOptions } from "../server/processes/create-jobs";
import type { JobEnd, JobRequest, Jobs } from "../server/processes/jobs";
import { isDead, lookAt } from "../server/processes/survey";

export interface StartedShell {
  end: Promise<JobEnd>;
  controller: AbortController;
  /** Everything it has put out so far. */
  text(): string;
  /** Resolves with the match as soon as the output has it. Fails when the job ends without it. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
}

/** The compiled supervisor is made once for all tests. */
const dataDir = mkdtempSync(join(tmpdir(), "rein-jobs-"));
process.on("exit", () => rmSync(dataDir, { recursive: true, force: true }));

export function testJobs(options: Partial<JobsOptions> = {}): Jobs {
  return createJobs({ dataDir, ...options });
}

/** Starts a shell job, as the bash tool does. */
export function startShell(
  script: string,
  options: Partial<JobRequest> = {},
  jobs: Jobs = testJobs(),
): StartedShell {
  const controller = new AbortController();
  const shell = { text: "", changed: Promise.withResolvers<void>() };
  const wake = (): void => {
    shell.changed.resolve();
    shell.changed = Promise.withResolvers<void>();
  };
  const end = jobs.run(
    {
      command: ["bash", "-c", script],
      cwd: "/",
      owner: { sessionId: "session", runId: "run", toolCallId: "call" },
      onOutput(text) {
        shell.text += text;
        wake();
      },
      ...options,
    },
    controller.signal,
  );
  let isOver = false;
  const over = end.then(
    () => (isOver = true),
    () => (isOver = true),
  );
  return {
    end,
    controller,
    text: () => shell.text,
    async said(pattern) {
      for (;;) {
        const match = pattern.exec(shell.text);
        if (match) return match;
        if (isOver) throw new Error(`the job ended without saying ${pattern}: ${shell.text}`);
        await Promise.race([shell.changed.promise, over]);
      }
    },
  };
}

export function lives(pid: number): boolean {
  return !isDead(lookAt(pid));
}

/** Resolves once the condition holds; it is asked between the turns of the event loop, and no clock is involved. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

/** The pids that a script printed as `pids: 1 2 3`. */
export async function printedPids(shell: StartedShell, count: number): Promise<number[]> {
  const [, printed] = await shell.said(new RegExp(`pids:((?: \\d+){${count}})`));
  return printed!.trim().split(" ").map(Number);
}
