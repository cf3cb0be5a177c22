/** A command that is not waited for: started, looked at for a moment, and left running under a name. */
import type { Job } from "../../processes/jobs";
import { type BackgroundHandle } from "../process/background-registry";
import { within } from "../../abort";
import { type BashCommand, openCommand } from "./bash-command";
import { cut } from "./bounded-output";
import type { ToolServices } from "../tool-services";
import { stateOf } from "../process/process-state";
import type { ToolContext } from "../tool";

/** How long its first words are waited for, or its port. */
const lookMs = 1000;
const lookEveryMs = 100;
const maxFirstCharacters = 4000;

/**
 * Resolves after the look, with what it has seen in the call's output. A stop of this call alone, while it looks, ends
 * the process and throws the reason.
 */
export async function runInBackground(
  request: BashCommand,
  lasting: ToolServices,
  context: ToolContext,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const kept = await start(request, lasting, context);
  await look(kept.job, signal);
  const said = cut(kept.output(0).text, maxFirstCharacters);
  const gap = said === "" || said.endsWith("\n") ? "" : "\n";
  context.output(`${said}${gap}[${stateOf(kept)}; all of its output goes to ${kept.path}]`);
  if (!signal.aborted) return;
  await kept.stop(signal.reason);
  throw signal.reason;
}

/** Not under the call's signal: that ends with the call. */
const never = new AbortController().signal;

async function start(
  request: BashCommand,
  { shells, background }: ToolServices,
  context: ToolContext,
): Promise<BackgroundHandle> {
  await using clean = new AsyncDisposableStack();
  const shell = clean.use(await shells.open(context));
  let early = "";
  let take = (text: string): void => void (early += text);
  const job = await openCommand(request, context, shell, (text) => take(text), never);
  // From here on its bash reads the shell's files, for as long as it likes.
  const later = clean.move();
  void job.ended.then(() => later.disposeAsync());
  const kept = background.keep(job, request.command);
  kept.write(early);
  take = (text) => kept.write(text);
  return kept;
}

/** Until it listens, ends, or has had its time. */
async function look(job: Job, signal: AbortSignal): Promise<void> {
  for (let waitedMs = 0; waitedMs < lookMs && !signal.aborted; waitedMs += lookEveryMs) {
    await within(lookEveryMs, job.ended, signal);
    const processes = job.processes();
    if (processes.length === 0 || processes.some(({ ports }) => ports.length > 0)) return;
  }
}
