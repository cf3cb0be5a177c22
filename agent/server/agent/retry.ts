/** Sends a failed model request again, after a visible countdown that ends with the signal. */
import type { ErrorInfo, EventBody, Retry, RetryLimits } from "../../shared/protocol";
import { type ModelEvent, ProviderError } from "../providers/provider";
import { link, wait } from "../abort";
import type { ModelWaits } from "./model-waits";
import type { ModelCall } from "./pause-gate";

/** Of our own waits; a service may ask for a longer one. */
const maxDelayMs = 60_000;
/** An answer that was cut after so many characters was no attempt in vain: about 500 tokens. */
const progressCharacters = 2000;

/**
 * Counts the failures in a row of one loop's requests, cut answers too. A whole answer begins anew, and so does one that
 * was cut late: how often that happens is bounded by the turns of the loop.
 */
export class Retries {
  readonly #limits: () => RetryLimits;
  readonly #now: () => number;
  readonly #firstDelayMs: number;
  #failures = 0;
  #firstAt = 0;

  /** `now`: milliseconds since the epoch. Each wait is twice as long as the one before, up to a minute. */
  constructor(limits: () => RetryLimits, now: () => number = Date.now, firstDelayMs = 1000) {
    this.#limits = limits;
    this.#now = now;
    this.#firstDelayMs = firstDelayMs;
  }

  /** The next attempt; undefined when it would not help, or when the attempts or the minutes are used up. */
  next(error: unknown, written: number): Retry | undefined {
    if (!(error instanceof ProviderError) || !error.retryable) return undefined;
    if (written >= progressCharacters) this.clear();
    const now = this.#now();
    if (this.#failures === 0) this.#firstAt = now;
    this.#failures++;
    const { attempts, minutes } = this.#limits();
    const backOffMs = this.#firstDelayMs * 2 ** (this.#failures - 1) * (0.75 + Math.random() / 2);
    const at = now + (error.retryAfterMs ?? Math.min(Math.round(backOffMs), maxDelayMs));
    if (this.#failures >= attempts || at > this.#firstAt + minutes * 60_000) return undefined;
    const { code, message } = error;
    return { attempt: this.#failures + 1, of: attempts, at, error: { code, message } };
  }

  clear(): void {
    this.#failures = 0;
  }
}

/** What was sent is sent again as plain text; `only`: without its files. */
export interface HistoryRefused {
  type: "history-refused";
  error: ErrorInfo;
  only?: "files";
}

/** `answer-cut`: the service failed in the middle, and what it has written is to be continued in another request. */
export type AnswerEvent =
  | ModelEvent
  | HistoryRefused
  | Extract<EventBody, { type: "retry-start" | "retry-end" }>
  | { type: "answer-cut"; error: ErrorInfo };

/** One sending of a request. */
export interface Attempt {
  signal: AbortSignal;
  onBytes: () => void;
}

/**
 * Yields the events of `stream()`. When that fails with an error that may pass, it waits and sends the request again; once
 * a part has begun it yields `answer-cut`, and returns after the wait. A person who asks again ends a silence or a wait.
 * Throws the last ProviderError, or the reason of the call's signal.
 */
export async function* withRetry(
  stream: (attempt: Attempt) => AsyncIterable<ModelEvent | HistoryRefused>,
  names: { runId: string; agentId?: string },
  { retries, waits }: { retries: Retries; waits: ModelWaits },
  call: ModelCall,
): AsyncGenerator<AnswerEvent, void> {
  for (;;) {
    let hasBegun = false;
    let written = 0;
    let retry: Retry | undefined;
    using own = link(call.signal);
    try {
      using wait = waits.request(() => own.controller.abort(stalled));
      const attempt = { signal: own.controller.signal, onBytes: () => wait.onBytes() };
      for await (const event of stream(attempt)) {
        if (event.type === "part-start") hasBegun = true;
        if (event.type === "part-delta") written += event.delta.length;
        yield event;
      }
      return retries.clear();
    } catch (error) {
      call.signal.throwIfAborted();
      if (error !== stalled) retry = retries.next(error, written);
      if (error !== stalled && retry === undefined) throw error;
    }
    const { code, message } = retry?.error ?? stalled;
    if (hasBegun) yield { type: "answer-cut", error: { code, message } };
    call.endAnswer();
    if (retry !== undefined) {
      yield { type: "retry-start", ...names, retry };
      try {
        await countDown(retry, waits, call.signal);
      } finally {
        yield { type: "retry-end", ...names };
      }
    }
    if (hasBegun) return;
  }
}

/** Why a request that had stalled is cut. */
const stalled = new ProviderError("nothing more came, and it was asked again", {
  code: "asked-again",
  retryable: true,
});

/** Until it is time, or a person asks again. Rejects with the reason of the signal. */
async function countDown({ at }: Retry, waits: ModelWaits, signal: AbortSignal): Promise<void> {
  using own = link(signal);
  using _wait = waits.countdown(() => own.controller.abort(stalled));
  try {
    await wait(Math.max(0, at - Date.now()), own.controller.signal);
  } catch {
    // Asked again: then it is time.
    signal.throwIfAborted();
  }
}
