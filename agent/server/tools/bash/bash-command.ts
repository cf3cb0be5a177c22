/** A command of a session's shell as a job, whether it is waited for or not. */
import type { Job, JobExit } from "../../processes/jobs";
import { type ShellUse } from "./shells";
import { TerminalText } from "./terminal-text";
import { type ToolContext, ToolError } from "../tool";

export interface BashCommand {
  command: string;
  pty: boolean;
}

const terminal = { columns: 120, rows: 40 };

/**
 * Starts it in the state of the shell, with its output as plain text. What it leaves in the background goes on with the
 * job. Throws ToolError when it cannot be started, the signal's reason when that has aborted.
 */
export async function openCommand(
  { command, pty }: BashCommand,
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
        command: [Bun.which("bash") === null ? "sh" : "bash", "-c", command],
        cwd,
        env: shell.env,
        writable: [shell.folder],
        ...(pty && { terminal }),
        owner: { sessionId, runId, toolCallId, ...(subagentId !== undefined && { subagentId }) },
        leftBehind: "keep",
        onOutput: (piece) => (text ? text.write(piece) : onOutput(piece)),
      },
      signal,
    );
    void job.exited.then(() => text?.end());
    return job;
  } catch (error) {
    signal.throwIfAborted();
    throw new ToolError(`The command could not be started: ${String(error)}`, { cause: error });
  }
}

/** How a command ended, in words; nothing when it ended well. */
export function exitNote({ exitCode, signalName }: JobExit): string | undefined {
  if (exitCode !== null && exitCode !== 0) return `exit code ${exitCode}`;
  return signalName === null ? undefined : `killed by ${signalName}`;
}

export function listed(processes: { pid: number; command: string }[]): string {
  const shown = processes.slice(0, 5).map(({ pid, command }) => `${command} (pid ${pid})`);
  const more = processes.length - shown.length;
  return shown.join(", ") + (more > 0 ? ` and ${more} more` : "");
}
