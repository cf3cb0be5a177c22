/** A client that closes its connection stops its run. */
import type { Context } from "hono";
import { log } from "../log";
import { stopBy } from "./request";
import type { Services } from "./services";

export function stopOnHangUp(
  c: Context,
  { runs }: Services,
  sessionId: string,
  runId: string,
): void {
  onAbort(c.req.raw.signal, () => {
    runs
      .stop(sessionId, { runId }, { ...stopBy(c), by: "disconnect" })
      .catch((err: unknown) => log.error({ err, sessionId, runId }, "A stop by hang-up failed"));
  });
}

/** Also when the signal has aborted already: a client may be gone before its message was read. */
function onAbort(signal: AbortSignal, act: () => void): void {
  if (signal.aborted) act();
  else signal.addEventListener("abort", act, { once: true });
}
