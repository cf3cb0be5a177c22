/** The bash tool: one shell command in the session's directory, its output live, its end told. */
import { z } from "zod";
import type { JobEnd } from "../processes/jobs";
import { BoundedOutput } from "./bounded-output";
import { type Tool, type ToolContext, ToolError } from "./tool";

const defaultSeconds = 120;
const maxSeconds = 30 * 60;

const input = z.strictObject({
  command: z.string().trim().min(1).describe("The command line, as typed into bash"),
  timeoutSeconds: z
    .number()
    .positive()
    .max(maxSeconds)
    .default(defaultSeconds)
    .describe(`When to end the command. Default ${defaultSeconds}, at most ${maxSeconds}`),
});

export type BashInput = z.output<typeof input>;

export const bash: Tool<BashInput> = {
  name: "bash",
  description:
    "Runs a command line with bash in the working directory and gives back what it wrote to standard output and " +
    "standard error, and its exit code when that is not 0. Every call is a new shell: cd and variables do not last. " +
    "There is no terminal and no input, so nothing may ask questions. Very long output is cut in its middle. " +
    "Processes left in the background (with &) are ended when the command ends. " +
    "To look for files or text use glob and grep, to read and change files use read, edit and write.",
  input,
  needs: ({ command }) => ({
    kind: "command",
    subject: command.replaceAll("\n", " ⏎ "),
    always: "this exact command",
    key: `command:${command}`,
  }),
  async run({ command, timeoutSeconds }, context, signal) {
    const output = new BoundedOutput((text) => context.output(text));
    const end = await runShell(command, timeoutSeconds, context, output, signal).finally(() =>
      output.end(),
    );
    const notes = notesOn(end);
    if (output.isEmpty && notes.length === 0 && !end.stopped) notes.push("[no output]");
    if (notes.length > 0) context.output((output.isAtLineStart ? "" : "\n") + notes.join("\n"));
    if (end.stopped) throw signal.reason;
    if (end.timedOut)
      throw new ToolError(
        `The command was ended after its time limit of ${timeoutSeconds} s. Give a larger timeoutSeconds if it needs more.`,
      );
    return {};
  },
};

async function runShell(
  command: string,
  timeoutSeconds: number,
  context: ToolContext,
  output: BoundedOutput,
  signal: AbortSignal,
): Promise<JobEnd> {
  const { cwd, sessionId, runId, toolCallId } = context;
  const shell = Bun.which("bash") ?? "sh";
  try {
    return await context.jobs.run(
      {
        command: [shell, "-c", command],
        cwd,
        owner: { sessionId, runId, toolCallId },
        timeoutMs: timeoutSeconds * 1000,
        onOutput: (text) => output.write(text),
      },
      signal,
    );
  } catch (error) {
    signal.throwIfAborted();
    throw new ToolError(`The command could not be started: ${String(error)}`, { cause: error });
  }
}

/** What a reader of the output has to know about the end, each on a line in brackets. */
function notesOn(end: JobEnd): string[] {
  const notes: string[] = [];
  const cut = end.stopped || end.timedOut;
  if (end.exitCode !== null && end.exitCode !== 0) notes.push(`[exit code ${end.exitCode}]`);
  if (end.signalName !== null && !cut) notes.push(`[killed by ${end.signalName}]`);
  if (end.leftBehind.length > 0)
    notes.push(`[ended with the command, left in the background: ${listed(end.leftBehind)}]`);
  if (end.survivors.length > 0)
    notes.push(`[could not be ended and may still run: ${listed(end.survivors)}]`);
  if (end.outputHeld)
    notes.push("[a process that left the command's group still runs and holds its output open]");
  return notes;
}

function listed(processes: { pid: number; command: string }[]): string {
  const shown = processes.slice(0, 5).map(({ pid, command }) => `${command} (pid ${pid})`);
  const more = processes.length - shown.length;
  return shown.join(", ") + (more > 0 ? ` and ${more} more` : "");
}
