/** Starts a command in the background: shows its first output, and leaves it running. */
import { log } from "../../log";
import { truncate } from "../../../shared/truncate";
import type { Job } from "../../processes/jobs";
import { type BackgroundHandle } from "../process/background-registry";
import { link, within } from "../../abort";
import { type BashCommand, openCommand } from "./bash-command";
import type { ToolServices } from "../tool-services";
import { stateOf } from "../process/process-text";
import type { ToolContext } from "../tool";

/** How long to wait for its first output, or its port. */
const firstOutputMs = 1000;
const pollMs = 100;
const maxFirstCharacters = 4000;

/**
 * Resolves with the first output shown. A stop of this call while it waits for that ends the process and throws the
 * reason.
 */
export async function runInBackground(
  request: BashCommand,
  services: ToolServices,
  context: ToolContext,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const handle = await start(request, services, context, signal);
  await untilReady(handle.job, signal);
  const first = truncate(handle.output(0).text, maxFirstCharacters);
  const gap = first === "" || first.endsWith("\n") ? "" : "\n";
  // A command in a sandbox sees neither the file nor the process.
  const output = handle.job.isConfined
    ? "the process tool reads its output and stops it"
    : `all of its output goes to ${handle.path}`;
  context.output(`${first}${gap}[${stateOf(handle)}; ${output}]`);
  if (!signal.aborted) return;
  await handle.stop(signal.reason);
  throw signal.reason;
}

async function start(
  request: BashCommand,
  { shells, background }: ToolServices,
  context: ToolContext,
  signal: AbortSignal,
): Promise<BackgroundHandle> {
  // The job outlives the call: it is under the call's signal only until it has started.
  using starting = link(signal);
  await using cleanup = new AsyncDisposableStack();
  const shell = cleanup.use(await shells.open(context, request.directory));
  let early = "";
  let onOutput = (text: string): void => void (early += text);
  const job = await openCommand(
    request,
    context,
    shell,
    (text) => onOutput(text),
    starting.controller.signal,
  );
  // The command's bash reads the shell's files at a time that is not known: they stay until the job has ended.
  const afterEnd = cleanup.move();
  job.ended
    .then(() => afterEnd.disposeAsync())
    .catch((err: unknown) => log.error({ err }, "The files of a shell were left behind"));
  const handle = background.keep(job, request.command);
  handle.write(early);
  onOutput = (text) => handle.write(text);
  return handle;
}

/** Resolves when it listens on a port, has ended, or `firstOutputMs` have passed. */
async function untilReady(job: Job, signal: AbortSignal): Promise<void> {
  let hasEnded = false;
  const ended = job.ended.then(() => (hasEnded = true));
  for (let waitedMs = 0; waitedMs < firstOutputMs && !signal.aborted; waitedMs += pollMs) {
    await within(pollMs, ended, signal);
    if (hasEnded || job.processes().some(({ ports }) => ports.length > 0)) return;
  }
}
