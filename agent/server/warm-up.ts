/** After the start, while nothing else is to do: loads what the first message would otherwise wait for. */
import { wait } from "./abort";
import { log } from "./log";

/** A message that comes at once goes first. */
const pauseMs = 50;

/**
 * Takes the steps one after the other, with pauses in which requests are served. One that fails is logged and changes
 * nothing else: what needs the same later tries it again. Stops before the next step when the signal aborts. Never rejects.
 */
export async function warmUp(steps: (() => unknown)[], signal: AbortSignal): Promise<void> {
  for (const step of steps)
    try {
      await wait(pauseMs, signal);
      await step();
    } catch (err) {
      if (signal.aborted) return;
      log.error({ err }, "Something could not be loaded ahead of its use");
    }
}
