/**
 * The event stream that follows a session: asked for again whenever it breaks, until it is closed. A tab that finds no
 * slot for a stream fetches what is new again and again instead, and takes the first slot that becomes free.
 */
import { api, ApiError } from "./api-client";
import { ConnectionLost, type Frame, readFrames } from "../../sdk/frames";
import { takeSlot } from "./stream-slots";

export interface FollowStream {
  open: () => void;
  close: () => void;
}

export interface FollowStreamOptions {
  /** Asked for each attempt: the last event that is known is part of it. */
  path: () => string;
  /** A connection is asked for. */
  onConnect: () => void;
  onFrame: (frame: Frame) => void;
  onOpened: () => void;
  /** It will be asked for again after a while. */
  onBroken: () => void;
  /** The server said that there is nothing to follow (gone, signed out): no further attempt is made. */
  onRefused: (error: ApiError) => void;
}

/** How often a tab without a slot asks for what is new. */
const pollMs = 500;
/** A stream begins at once: a request that is not answered by then has not reached the server. */
const answerMs = 10_000;

export function createFollowStream(options: FollowStreamOptions): FollowStream {
  let controller: AbortController | undefined;

  function open(): void {
    controller = new AbortController();
    void keepOpen(options, controller.signal);
  }

  return { open, close: () => controller?.abort() };
}

/** Resolves when the signal aborts or the server refuses. Never rejects: a bug is logged, and the stream asked for again. */
async function keepOpen(options: FollowStreamOptions, signal: AbortSignal): Promise<void> {
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      const hasSlot = await followOnce(options, signal, () => (failures = 0));
      if (!hasSlot) {
        await wait(pollMs, signal);
        continue;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (isRefusal(error)) return options.onRefused(error);
      if (!(error instanceof ApiError || error instanceof ConnectionLost)) console.error(error);
    }
    if (signal.aborted) return;
    options.onBroken();
    await wait(Math.min(8000, 250 * 2 ** failures) * (0.75 + Math.random() / 2), signal);
  }
}

/** One stream, to its end. Resolves with whether it had a slot; without one the server ends it at once. */
async function followOnce(
  options: FollowStreamOptions,
  signal: AbortSignal,
  onAnswered: () => void,
): Promise<boolean> {
  const releaseSlot = await takeSlot();
  try {
    signal.throwIfAborted();
    const path = options.path();
    const attempt = attemptUnder(signal);
    try {
      const opening = api.openEvents(releaseSlot ? path : `${path}&once`, attempt.signal);
      // Not when it has opened: a server may hold its headers back until there is something to say.
      options.onConnect();
      const response = await opening;
      signal.throwIfAborted();
      attempt.answered();
      onAnswered();
      options.onOpened();
      await readFrames(response, options.onFrame, signal);
    } finally {
      attempt.close();
    }
    return releaseSlot !== undefined;
  } finally {
    releaseSlot?.();
  }
}

function isRefusal(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status >= 400 && error.status < 500;
}

/** One request: it ends with `signal`, and when it is not answered. Closed, it leaves no timer and no listener behind. */
function attemptUnder(signal: AbortSignal) {
  const controller = new AbortController();
  const abort = () => controller.abort(signal.reason);
  const timer = setTimeout(() => {
    controller.abort(new ConnectionLost("The server has not answered."));
  }, answerMs);
  signal.addEventListener("abort", abort);
  return {
    signal: controller.signal,
    answered: () => clearTimeout(timer),
    close() {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    },
  };
}

/** Resolves after the time, or at once when the signal aborts. */
function wait(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, durationMs);
    signal.addEventListener("abort", done);
  });
}
