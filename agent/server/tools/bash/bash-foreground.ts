/** Runs a command in the foreground: shows its output as it arrives and how it ended, and keeps what it leaves running. */
import { log } from "../../log";
import type { Job, JobEnd } from "../../processes/jobs";
import { limitHitWords } from "../../../shared/limit-hit-words";
import { within } from "../../abort";
import { type BashCommand, openCommand } from "./bash-command";
import { BoundedOutput } from "./bounded-output";
import type { ToolServices } from "../tool-services";
import type { ShellUse } from "./shells";
import { exitNote, listProcesses, proofNote } from "../process/process-text";
import { type ToolContext, ToolError } from "../tool";

/** Resolves when the command has exited. Throws ToolError at its time limit, the signal's reason when a stop cut it. */
export async function runInForeground(
  request: BashCommand & { timeoutSeconds: number },
  { shells, background }: ToolServices,
  context: ToolContext,
  signal: AbortSignal,
): Promise<void> {
  await using shell = request.isAlone
    ? await shells.openAlone(context)
    : await shells.open(context, request.directory);
  const output = new BoundedOutput(context);
  let onOutput = (text: string): void => output.write(text);
  const job = await openCommand(request, context, shell, (text) => onOutput(text), signal);
  const isTimedOut = await untilExited(job, request.timeoutSeconds * 1000);
  const end = await endOf(job, isTimedOut, signal);
  // Nothing is awaited after `endOf` has read the signal: a stop that comes later finds the job registered.
  const handle = end ? undefined : background.keep(job, request.command);
  if (handle) onOutput = (text) => handle.write(text);
  await output.end();

  const notes: string[] = [];
  if (end) notes.push(...endNotes(end, job));
  if (handle) {
    notes.push(
      `[left running as process ${handle.record.id}: ${listProcesses(job.processes(), job)}]`,
    );
    notes.push(...bracketed(exitNote(await job.exited)));
  }
  const isCut = end?.stopped ?? false;
  const limitHit = job.limitHit();
  if (limitHit) {
    context.limitReached(limitHit);
    if (!limitHit.ended || isCut) notes.push(`[${limitHitWords(limitHit)}]`);
  }
  if (!isCut) notes.push(...(await saveShell(shell)));
  if (output.isEmpty && notes.length === 0 && !isCut) notes.push("[no output]");
  if (notes.length > 0) context.output((output.isAtLineStart ? "" : "\n") + notes.join("\n"));
  if (isCut && isTimedOut)
    throw new ToolError(
      `The command was killed at its time limit of ${request.timeoutSeconds} s. Set a larger timeoutSeconds, or start it with background.`,
    );
  if (isCut) throw signal.reason;
  if (limitHit?.ended && end) throw new ToolError(`${limitHitWords(limitHit)} ${limitAdvice}`);
}

const limitAdvice =
  "Do it in smaller parts or with fewer processes at once; the limit is the machine's, and the user can change it.";

/** Whether its time ran out first. The job's own time-out would also end what the command leaves running. */
async function untilExited(job: Job, timeoutMs: number): Promise<boolean> {
  let isTimedOut = false;
  const timer = setTimeout(() => {
    isTimedOut = true;
    job
      .stop("polite")
      .catch((err: unknown) =>
        log.error({ err }, "A command could not be killed at its time limit"),
      );
  }, timeoutMs);
  await job.exited;
  clearTimeout(timer);
  return isTimedOut;
}

/** Processes that exit by themselves within this time are not reported as left running. */
const exitingMs = 100;

/** The end of a job whose command has exited; undefined when it has left processes running. */
async function endOf(job: Job, isEnding: boolean, signal: AbortSignal) {
  if (isEnding || signal.aborted) return job.ended;
  const end = await Promise.race([job.ended, within(exitingMs, job.ended, signal)]);
  if (end || signal.aborted) return job.ended;
  try {
    return job.processes().length > 0 ? undefined : job.ended;
  } catch (err) {
    log.error({ err }, "What a command has left running cannot be seen: it is stopped");
    return job.stop("polite");
  }
}

/** What the output does not show of the end, each note in brackets. */
function endNotes(end: JobEnd, job: Job): string[] {
  const notes = end.stopped ? [] : bracketed(exitNote(end));
  if (end.survivors.length > 0)
    notes.push(`[could not be killed and may still run: ${listProcesses(end.survivors, job)}]`);
  notes.push(...bracketed(proofNote(end)));
  if (end.outputHeld)
    notes.push("[a process outside this command still holds its output open; reading was ended]");
  return notes;
}

/** A note on the shell's directory when that is new to the model, or on a failure to save its state. */
async function saveShell(shell: ShellUse): Promise<string[]> {
  try {
    const directory = await shell.save();
    return directory === shell.directory ? [] : [`[the shell is now in ${directory}]`];
  } catch (error) {
    return [`[the shell's new state could not be saved: ${String(error)}]`];
  }
}

function bracketed(text: string | undefined): string[] {
  return text === undefined ? [] : [`[${text}]`];
}
