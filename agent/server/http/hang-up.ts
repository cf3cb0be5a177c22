/** Stops what a connection holds when the client closes it, or is gone. */
import type { Context } from "hono";
import { log } from "../log";
import type { Runs } from "../run/runs";
import { stopBy } from "./request";

/** `runId`: that run; without it whichever runs in the session then, and the messages that wait for it to settle. */
export function stopOnHangUp(
  c: Context,
  runs: Runs,
  sessionId: string,
  named: { runId?: string },
): void {
  onAbort(c.req.raw.signal, () => {
    runs.stops
      .stop(sessionId, named, { ...stopBy(c), by: "disconnect" })
      .catch((err: unknown) => log.error({ err, sessionId, ...named }, "A stop by hang-up failed"));
  });
}

/** Also when the signal has aborted already: a client may be gone before its message was read. */
function onAbort(signal: AbortSignal, act: () => void): void {
  if (signal.aborted) act();
  else signal.addEventListener("abort", act, { once: true });
}
