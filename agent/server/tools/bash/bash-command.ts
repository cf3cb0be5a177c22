/** Starts a command in the shell of a session as a job, in the foreground or in the background. */
import { defined } from "../../../shared/defined";
import type { Job } from "../../processes/jobs";
import { log } from "../../log";
import { type ShellUse } from "./shells";
import { TerminalText } from "./terminal-text";
import { type ToolContext, ToolError } from "../tool";

export interface BashCommand {
  command: string;
  /** Where the shell was when the call was allowed. */
  directory: string;
  pty: boolean;
  /** Of the command's bash: `$0`, `$1` …, and its variable `ARGUMENTS`. */
  parameters?: string[];
  arguments?: string;
  /** In a fresh shell, of which nothing stays. */
  isAlone?: true;
  /** It writes no file, and reaches no network. */
  readsOnly: boolean;
}

const terminal = { columns: 120, rows: 40 };

/**
 * Starts it with the shell's state, its output as plain text. The job lasts as long as processes that the command leaves
 * in the background. Throws ToolError when it cannot be started, the signal's reason when that has aborted.
 */
export async function openCommand(
  { command, pty, readsOnly, parameters = [], arguments: typed }: BashCommand,
  context: ToolContext,
  shell: ShellUse,
  onOutput: (text: string) => void,
  signal: AbortSignal,
): Promise<Job> {
  const { cwd, sessionId, runId, toolCallId, subagentId, jobs } = context;
  const text = pty ? new TerminalText(onOutput) : undefined;
  try {
    const job = await jobs.open(
      {
        command: [Bun.which("bash") === null ? "sh" : "bash", "-c", command, ...parameters],
        cwd,
        env: { ...shell.env, ...(typed !== undefined && { ARGUMENTS: typed }) },
        readable: [shell.restore, ...context.readable()],
        temporary: shell.temporary,
        ...(readsOnly && { sandbox: { network: false, cwd: "read-only" } }),
        ...(pty && { terminal }),
        owner: defined({ sessionId, runId, toolCallId, subagentId }),
        leftBehind: "keep",
        onOutput: (piece) => (text ? text.write(piece) : onOutput(piece)),
        onReport: (piece) => shell.report(piece),
      },
      signal,
    );
    job.exited
      .then(() => text?.end())
      .catch((err: unknown) => log.error({ err }, "The last line of a terminal was lost"));
    return job;
  } catch (error) {
    signal.throwIfAborted();
    throw new ToolError(`The command could not be started: ${String(error)}`, { cause: error });
  }
}
