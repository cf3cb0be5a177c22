/** The directory of one task, which the server of the tasks removes when it ends: its files, and commands in it, confined like those of the agent. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Jobs } from "../../server/processes/jobs";
import { errorCode } from "../../shared/error-code";

export interface CommandResult {
  exitCode: number | null;
  /** Standard output and standard error as they came, 100,000 characters at most. */
  output: string;
}

/** Long enough for a test file on a slow machine. */
const commandMs = 60_000;
const maxOutput = 100_000;

export class TaskDirectory {
  constructor(
    readonly path: string,
    files: Record<string, string>,
    readonly jobs: Jobs,
    readonly signal: AbortSignal,
  ) {
    mkdirSync(path);
    this.add(files);
  }

  add(files: Record<string, string>): void {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.path, path)), { recursive: true });
      writeFileSync(join(this.path, path), content);
    }
  }

  /** The text of a file; undefined when there is no such file. */
  read(path: string): string | undefined {
    try {
      return readFileSync(join(this.path, path), "utf8");
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
      return undefined;
    }
  }

  /** Runs a command line of bash in the sandbox of the agent's commands. Rejects with the signal's reason. */
  async run(command: string): Promise<CommandResult> {
    let output = "";
    const { exitCode } = await this.jobs.run(
      {
        command: ["bash", "-c", command],
        cwd: this.path,
        owner: { sessionId: "tasks" },
        timeoutMs: commandMs,
        onOutput: (text) => void (output = (output + text).slice(0, maxOutput)),
      },
      this.signal,
    );
    this.signal.throwIfAborted();
    return { exitCode, output };
  }

  /** Undefined when the command succeeds, else a sentence with the end of its output. */
  async succeeds(command: string): Promise<string | undefined> {
    const { exitCode, output } = await this.run(command);
    if (exitCode === 0) return undefined;
    return `“${command}” exited with ${exitCode}: ${output.trim().slice(-400)}`;
  }

  /** Undefined when the file has this text, else a sentence. White space at both ends does not count with `trims`. */
  has(path: string, expected: string, { trims = false } = {}): string | undefined {
    const found = this.read(path);
    if (found === undefined) return `There is no ${path}.`;
    const isSame = trims ? found.trim() === expected.trim() : found === expected;
    return isSame ? undefined : `${path} is ${JSON.stringify(found.slice(0, 400))}.`;
  }
}

/** The first that is a sentence. */
export async function firstFault(
  ...checks: (() => string | undefined | Promise<string | undefined>)[]
): Promise<string | undefined> {
  for (const check of checks) {
    const fault = await check();
    if (fault !== undefined) return fault;
  }
  return undefined;
}
