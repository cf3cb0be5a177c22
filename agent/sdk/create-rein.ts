/**
 * Rein for programs: every route of a server as a function, and chats as streams of events that a signal stops.
 *
 *     const rein = createRein({ url: "http://127.0.0.1:3000", credential: token });
 *     for await (const event of rein.chat({ message: "fix the test" }, signal)) show(event);
 */
import type { ListEvent, StreamEvent } from "../shared/protocol";
import type { ChatRequest } from "../shared/requests";
import { ConnectionLost, type Frame, readChunks, silenceMs } from "./frames";
import { path } from "./path";
import { createRoutes, type Routes } from "./routes";
import { ApiError, createTransport, type ReinOptions } from "./transport";
import { unacknowledged } from "./unacknowledged";

export { ConnectionLost, type Frame } from "./frames";
export { ApiError, type ReinOptions } from "./transport";

export interface Rein extends Routes {
  /**
   * Sends a message. Yields the events of its session until the run has ended, or until the message is kept in the queue;
   * while nothing can be saved, that too.
   * Once `signal` aborts, the run is stopped by name, and its further events are yielded to the end, of which the last has
   * the receipt: nothing is thrown then, unless the stop is not confirmed. With a signal that has aborted before, nothing is
   * sent, and its reason is thrown. Leaving the loop closes the connection, which stops the run too, unless the request says
   * `onDisconnect: "continue"`. Throws an ApiError when the message is refused or a stop does not reach the server, and
   * ConnectionLost when the connection ends before the run, or the server does not answer.
   */
  chat(request: ChatRequest, signal: AbortSignal): AsyncGenerator<StreamEvent, void, void>;
  /**
   * Follows a session: what came after the event with the number `after` (without it, a snapshot), then what happens; while
   * nothing can be saved, that too.
   * Ends when the server ends the stream; throws the signal's reason, an ApiError, or ConnectionLost.
   */
  events(
    sessionId: string,
    after: number | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<StreamEvent, void, void>;
  /** Follows the list of sessions: what changes in its rows, and the state of the storage. Ends and throws as `events` does. */
  listEvents(signal: AbortSignal): AsyncGenerator<ListEvent, void, void>;
}

export function createRein(options: ReinOptions): Rein {
  const routes = createRoutes(createTransport(options));
  return {
    ...routes,
    chat: (request, signal) => chat(routes, request, signal),
    events: (sessionId, after, signal) => events(routes, sessionId, after, signal),
    listEvents: (signal) => listEvents(routes, signal),
  };
}

/** How long a stop may take to settle before the connection is closed and the loop throws. */
const stopMs = 20_000;
const unconfirmed = `Rein’s server has not confirmed the stop within ${stopMs / 1000} seconds.`;

async function* chat(
  routes: Routes,
  request: ChatRequest,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent, void, void> {
  signal.throwIfAborted();
  const runId = request.runId ?? crypto.randomUUID();
  const connection = new AbortController();
  let stopping: Promise<ApiError | undefined> | undefined;
  const stop = () => {
    stopping = stopNamed(routes, runId);
    stopping.catch((why: unknown) => connection.abort(why));
  };
  signal.addEventListener("abort", stop, { once: true });
  let mayEnd = false;
  try {
    const opening = routes.openChat("/api/chat", { ...request, runId }, connection.signal);
    const response = await answered(opening, connection);
    for await (const frames of readChunks(response, connection.signal))
      for (const event of frames.filter(isStreamEvent)) {
        mayEnd = mayEndAfter(event, runId) ?? mayEnd;
        yield event;
      }
    if (!mayEnd) throw new ConnectionLost("The connection to Rein’s server ended before the run.");
  } catch (error) {
    // Of a machine that is silent the stream may end a moment before its stop is refused: that says more.
    throw (error instanceof ConnectionLost && (await stopping)) || error;
  } finally {
    signal.removeEventListener("abort", stop);
    connection.abort();
  }
}

/**
 * Stops it. Resolves with an error where a machine that may have it was not reached: it is one unless the run is seen to end.
 * Throws the server's refusal, and ConnectionLost where it does not answer.
 */
async function stopNamed(routes: Routes, runId: string): Promise<ApiError | undefined> {
  const timeout = AbortSignal.timeout(stopMs);
  try {
    return unacknowledged(await routes.stopRun(runId, timeout));
  } catch (error) {
    throw timeout.aborted ? new ConnectionLost(unconfirmed, { cause: error }) : error;
  }
}

/** Whether the stream may end: the run has ended, or its message waits in the queue. Undefined: the event is about neither. */
function mayEndAfter(event: StreamEvent, runId: string): boolean | undefined {
  if (event.type === "queue-change" && event.queue.some(({ id }) => id === runId)) return true;
  if (event.type === "run-start" && event.run.id === runId) return false;
  return event.type === "run-end" && event.runId === runId ? true : undefined;
}

/** Throws ConnectionLost when there is no answer: a server that is suspended takes connections all the same. */
async function answered(opening: Promise<Response>, connection: AbortController) {
  const timer = setTimeout(() => {
    connection.abort(new ConnectionLost("Rein’s server has not answered."));
  }, silenceMs);
  try {
    return await opening;
  } finally {
    clearTimeout(timer);
  }
}

async function* events(
  routes: Routes,
  sessionId: string,
  after: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent, void, void> {
  const query = new URLSearchParams(after === undefined ? {} : { after: String(after) });
  const address = path`/api/sessions/${sessionId}/events?${query}`;
  for await (const frames of follow(routes, address, signal)) yield* frames.filter(isStreamEvent);
}

async function* listEvents(
  routes: Routes,
  signal: AbortSignal,
): AsyncGenerator<ListEvent, void, void> {
  for await (const frames of follow(routes, "/api/events", signal))
    yield* frames.filter(isListEvent);
}

async function* follow(
  routes: Routes,
  address: string,
  signal: AbortSignal,
): AsyncGenerator<Frame[], void, void> {
  signal.throwIfAborted();
  const connection = new AbortController();
  const close = () => connection.abort(signal.reason);
  signal.addEventListener("abort", close, { once: true });
  try {
    const opening = routes.openEvents(address, connection.signal);
    yield* readChunks(await answered(opening, connection), connection.signal);
  } finally {
    signal.removeEventListener("abort", close);
    connection.abort();
  }
}

function isStreamEvent(frame: Frame): frame is StreamEvent {
  return "seq" in frame || frame.type === "storage-changed";
}

function isListEvent(frame: Frame): frame is ListEvent {
  return !("seq" in frame);
}
