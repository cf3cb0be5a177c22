/**
 * Rein for programs: every route of a server as a function, and chats as streams of events that a signal stops.
 *
 *     const rein = createRein({ url: "http://127.0.0.1:3000", credential: token });
 *     for await (const event of rein.chat({ message: "fix the test" }, signal)) show(event);
 */
import type { SessionEvent } from "../shared/protocol";
import type { ChatRequest } from "../shared/requests";
import { ConnectionLost, type Frame, readChunks } from "./frames";
import { createRoutes, type Routes } from "./routes";
import { createTransport, type ReinOptions } from "./transport";

export { ConnectionLost, type Frame } from "./frames";
export { ApiError, type ReinOptions } from "./transport";

export interface Rein extends Routes {
  /**
   * Sends a message. Yields the events of its session until the run has ended, or until the message is kept in the queue.
   * Once `signal` aborts, the run is stopped by name, and its further events are yielded to the end, of which the last has
   * the receipt: nothing is thrown then, unless the stop is not confirmed. With a signal that has aborted before, nothing is
   * sent, and its reason is thrown. Leaving the loop closes the connection, which stops the run too, unless the request says
   * `onDisconnect: "continue"`. Throws an ApiError when the message is refused or a stop does not reach the server, and
   * ConnectionLost when the connection ends before the run.
   */
  chat(request: ChatRequest, signal: AbortSignal): AsyncGenerator<SessionEvent, void, void>;
  /**
   * Follows a session: what came after the event with the number `after` (without it, a snapshot), then what happens.
   * Ends when the server ends the stream; throws the signal's reason, an ApiError, or ConnectionLost.
   */
  events(
    sessionId: string,
    after: number | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<SessionEvent, void, void>;
}

export function createRein(options: ReinOptions): Rein {
  const routes = createRoutes(createTransport(options));
  return {
    ...routes,
    chat: (request, signal) => chat(routes, request, signal),
    events: (sessionId, after, signal) => events(routes, sessionId, after, signal),
  };
}

/** How long a stop may take to settle before the connection is closed and the loop throws. */
const stopMs = 20_000;

async function* chat(
  routes: Routes,
  request: ChatRequest,
  signal: AbortSignal,
): AsyncGenerator<SessionEvent, void, void> {
  signal.throwIfAborted();
  const runId = request.runId ?? crypto.randomUUID();
  const connection = new AbortController();
  const stop = () => {
    routes.stopRun(runId, AbortSignal.timeout(stopMs)).catch((error: unknown) => {
      connection.abort(error);
    });
  };
  signal.addEventListener("abort", stop, { once: true });
  let isRunning = false;
  try {
    const response = await routes.openChat({ ...request, runId }, connection.signal);
    for await (const event of sessionEvents(response, connection.signal)) {
      if (event.type === "run-start" && event.run.id === runId) isRunning = true;
      if (event.type === "run-end" && event.runId === runId) isRunning = false;
      yield event;
    }
    if (isRunning) throw new ConnectionLost("the stream ended before the run");
  } finally {
    signal.removeEventListener("abort", stop);
    connection.abort();
  }
}

async function* events(
  routes: Routes,
  sessionId: string,
  after: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<SessionEvent, void, void> {
  const query = after === undefined ? "" : `?after=${after}`;
  const response = await routes.openEvents(`/api/sessions/${sessionId}/events${query}`, signal);
  yield* sessionEvents(response, signal);
}

async function* sessionEvents(
  response: Response,
  signal: AbortSignal,
): AsyncGenerator<SessionEvent, void, void> {
  for await (const frames of readChunks(response, signal)) yield* frames.filter(isSessionEvent);
}

function isSessionEvent(frame: Frame): frame is SessionEvent {
  return "seq" in frame;
}
