/**
 * The follow stream of this tab: open while it is wanted and the tab is seen, taken up again whenever it breaks. A tab
 * that finds no place for a stream looks again and again instead, and takes the first place that becomes free.
 */
import { type Accessor, createSignal, onCleanup } from "solid-js";
import { api, ApiError } from "./api-client";
import { takePlace } from "./stream-slots";
import { ConnectionLost, type Frame, readStream } from "./sse-reader";

export type Connection = "closed" | "opening" | "open" | "lost";

export interface Follow {
  connection: Accessor<Connection>;
  /** Wanted from now on. Does nothing when it already is. */
  start(): void;
  /** Closes the connection until the next `start`. */
  pause(): void;
}

export interface FollowOptions {
  /** Asked anew for each attempt: what came after the last event is in it. */
  path(): string;
  /** Whether what happens is wanted though nobody sees the tab. */
  listensWhenHidden(): boolean;
  /** Each time a connection is asked for: what no stream tells again can be fetched beside it. */
  onConnect(): void;
  onFrame: (frame: Frame) => void;
  /** The server said that there is nothing to follow (gone, signed out): no further attempt is made. */
  onRefused(error: ApiError): void;
}

/** How often a page looks that can keep no stream open. */
const lookMs = 500;
/** A stream begins at once: a request that is not answered by then has reached nobody, whatever its connection says. */
const answerMs = 10_000;

export function createFollow(options: FollowOptions): Follow {
  const [connection, setConnection] = createSignal<Connection>("closed");
  let wanted = false;
  let controller: AbortController | undefined;

  function start(): void {
    wanted = true;
    // A browser opens six connections: a stream that took the last one would keep the page's own files waiting.
    if (document.readyState !== "complete") return;
    if (controller !== undefined || isUnwatched()) return;
    controller = new AbortController();
    void keepOpen(controller.signal);
  }

  function pause(): void {
    wanted = false;
    close();
  }

  /** Nobody sees the tab, and nobody wants to hear of it: its connection is worth more elsewhere. */
  function isUnwatched(): boolean {
    return document.hidden && !options.listensWhenHidden();
  }

  function close(): void {
    controller?.abort();
    controller = undefined;
    setConnection("closed");
  }

  async function keepOpen(signal: AbortSignal): Promise<void> {
    setConnection("opening");
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        using place = await takePlace();
        if (signal.aborted) return;
        const path = options.path();
        using attempt = attemptUnder(signal);
        const opening = api.follow(place ? path : `${path}&once`, attempt.signal);
        // Not when it has opened: a server may hold its headers back until there is something to say.
        options.onConnect();
        const response = await opening;
        attempt.answered();
        failures = 0;
        setConnection("open");
        await readStream(response, options.onFrame, signal);
        if (place === undefined) {
          await wait(lookMs, signal);
          continue;
        }
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof ApiError && error.status >= 400 && error.status < 500) {
          close();
          return options.onRefused(error);
        }
        if (!(error instanceof ApiError || error instanceof ConnectionLost)) console.error(error);
      }
      if (signal.aborted) return;
      setConnection("lost");
      await wait(Math.min(8000, 250 * 2 ** failures) * (0.75 + Math.random() / 2), signal);
    }
  }

  function onVisibility(): void {
    if (isUnwatched()) close();
    else resume();
  }

  function resume(): void {
    if (wanted) start();
  }

  function onOnline(): void {
    if (!wanted || connection() !== "lost") return;
    close();
    start();
  }

  document.addEventListener("visibilitychange", onVisibility);
  window.addEventListener("online", onOnline);
  window.addEventListener("load", resume);
  onCleanup(() => {
    document.removeEventListener("visibilitychange", onVisibility);
    window.removeEventListener("online", onOnline);
    window.removeEventListener("load", resume);
    pause();
  });
  return { connection, start, pause };
}

/** One request: it ends with `signal`, and when nobody answers. Disposing of it leaves no timer and no listener behind. */
function attemptUnder(signal: AbortSignal) {
  const controller = new AbortController();
  const abort = () => controller.abort(signal.reason);
  const timer = setTimeout(() => {
    controller.abort(new ConnectionLost("nobody has answered"));
  }, answerMs);
  signal.addEventListener("abort", abort);
  return {
    signal: controller.signal,
    answered: () => clearTimeout(timer),
    [Symbol.dispose]() {
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
