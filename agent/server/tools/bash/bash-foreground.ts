/** A command that is waited for: its output live, its end told, and what it leaves running kept in sight. */
import type { Job, JobEnd } from "../../processes/jobs";
import { within } from "../../abort";
import { type BashCommand, exitNote, listed, openCommand } from "./bash-command";
import { BoundedOutput } from "./bounded-output";
import type { ToolServices } from "../tool-services";
import type { ShellUse } from "./shells";
import { type ToolContext, ToolError } from "../tool";

/** Resolves when the command has ended. Throws ToolError at its time limit, the signal's reason when that has cut it. */
export async function runInForeground(
  request: BashCommand & { timeoutSeconds: number },
  { shells, background }: ToolServices,
  context: ToolContext,
  signal: AbortSignal,
): Promise<void> {
  await using shell = await shells.open(context);
  const output = new BoundedOutput((text) => context.output(text));
  let take = (text: string): void => output.write(text);
  const job = await openCommand(request, context, shell, (text) => take(text), signal);
  const isLate = await untilExited(job, request.timeoutSeconds * 1000);
  const end = await endOf(job, isLate, signal);
  output.end();

  const notes: string[] = [];
  if (end) notes.push(...endNotes(end));
  else {
    // Nothing is awaited since the look at the signal: a stop that comes from here on finds it kept.
    const kept = background.keep(job, request.command);
    take = (text) => kept.write(text);
    notes.push(`[left running as process ${kept.record.id}: ${listed(job.processes())}]`);
    notes.push(...noteOf(exitNote(await job.exited)));
  }
  const isCut = end?.stopped ?? false;
  if (!isCut) notes.push(...(await keepShell(shell)));
  if (output.isEmpty && notes.length === 0 && !isCut) notes.push("[no output]");
  if (notes.length > 0) context.output((output.isAtLineStart ? "" : "\n") + notes.join("\n"));
  if (isCut && isLate)
    throw new ToolError(
      `The command was ended after its time limit of ${request.timeoutSeconds} s. Give a larger timeoutSeconds if it needs more, or start it with background.`,
    );
  if (isCut) throw signal.reason;
}

/** Whether its time was over first. The time-out of the job itself would also end what the command leaves running. */
async function untilExited(job: Job, timeoutMs: number): Promise<boolean> {
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    void job.stop("polite");
  }, timeoutMs);
  await job.exited;
  clearTimeout(timer);
  return isLate;
}

/** What is about to end by itself is not called left running. */
const lastMomentsMs = 100;

/** The end of a job whose command has exited; undefined when processes of it mean to stay. */
async function endOf(job: Job, isEnding: boolean, signal: AbortSignal) {
  if (isEnding || signal.aborted) return job.ended;
  const end = await Promise.race([job.ended, within(lastMomentsMs, job.ended, signal)]);
  const stays = !end && !signal.aborted && job.processes().length > 0;
  return stays ? undefined : job.ended;
}

/** What a reader of the output has to know about the end, each on a line in brackets. */
function endNotes(end: JobEnd): string[] {
  const notes = end.stopped ? [] : noteOf(exitNote(end));
  if (end.survivors.length > 0)
    notes.push(`[could not be ended and may still run: ${listed(end.survivors)}]`);
  if (end.outputHeld)
    notes.push("[a process that left the command's group still runs and holds its output open]");
  return notes;
}

/** Tells where the shell is now if that is news. */
async function keepShell(shell: ShellUse): Promise<string[]> {
  try {
    const directory = await shell.keep();
    return directory === shell.directory ? [] : [`[the shell is now in ${directory}]`];
  } catch (error) {
    return [`[what this command changed in the shell could not be kept: ${String(error)}]`];
  }
}

function noteOf(text: string | undefined): string[] {
  return text === undefined ? [] : [`[${text}]`];
}
