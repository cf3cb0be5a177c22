/** Sends a failed model request again, after a visible countdown that ends with the signal. */
import type { ErrorInfo, EventBody, Retry, RetryLimits } from "../../shared/protocol";
import { type ModelEvent, ProviderError } from "../providers/provider";
import { link, wait } from "../abort";
import type { ModelWaits } from "./model-waits";
import type { ModelCall } from "./pause-gate";

/** Of our own waits; a service may ask for a longer one. */
const maxDelayMs = 60_000;
/** An answer that was cut after so many characters (about 500 tokens) counts as progress. */
const progressCharacters = 2000;
/**
 * The attempts where success is unlikely: at an address where no service was ever reached (a local server that restarts
 * is back in seconds), and after an unknown error.
 */
const mostUnlikely = 4;
/** After so many failures in a row with the same words, the request itself may be the cause. */
const mostSame = 3;

/**
 * Counts the failures in a row of one loop's requests, cut answers too. A whole answer begins anew, and so does one that
 * was cut late, but no more than `attempts` times without a whole one between them.
 */
export class Retries {
  readonly #limits: () => RetryLimits;
  readonly #now: () => number;
  readonly #firstDelayMs: number;
  #failures = 0;
  #firstAt = 0;
  #progress = 0;
  #unlikely = 0;
  #isReached = false;
  #words = "";
  #same = 0;

  /** `now`: milliseconds since the epoch. Each wait is twice as long as the one before, up to a minute. */
  constructor(limits: () => RetryLimits, now: () => number = Date.now, firstDelayMs = 1000) {
    this.#limits = limits;
    this.#now = now;
    this.#firstDelayMs = firstDelayMs;
  }

  /**
   * The next attempt; undefined when it would not help, or when the attempts or the minutes are used up. `kept`: the
   * characters that the failed answer leaves in the conversation.
   */
  next(error: unknown, kept: number): Retry | undefined {
    if (!(error instanceof ProviderError) || !error.retryable) return undefined;
    if (error.fewTries !== "wrong-address") this.#isReached = true;
    const limits = this.#limits();
    if (kept >= progressCharacters && this.#failures > 0 && this.#progress < limits.attempts) {
      this.#failures = 0;
      this.#unlikely = 0;
      this.#progress++;
    }
    const now = this.#now();
    if (this.#failures === 0) this.#firstAt = now;
    this.#failures++;
    const isUnlikely = error.fewTries === "unknown-error" || !this.#isReached;
    if (isUnlikely) this.#unlikely++;
    const left = isUnlikely ? mostUnlikely - this.#unlikely : Infinity;
    const attempts = Math.min(limits.attempts, this.#failures + left);
    const { retryAfterMs } = error;
    const backOffMs = this.#firstDelayMs * 2 ** (this.#failures - 1) * (0.75 + Math.random() / 2);
    const ownMs = Math.min(Math.round(backOffMs), maxDelayMs);
    // Services ask for a second throughout an overload: that is believed once.
    const isBelieved = retryAfterMs !== undefined && this.#failures === 1;
    const at = now + (isBelieved ? retryAfterMs : Math.max(ownMs, retryAfterMs ?? 0));
    if (this.#failures >= attempts || at > this.#firstAt + limits.minutes * 60_000)
      return undefined;
    const { code, message } = error;
    return { attempt: this.#failures + 1, of: attempts, at, error: { code, message } };
  }

  /**
   * How often the words of this failure have come again in a row since they had come often enough to mean the request;
   * negative before. Ids and numbers in them do not count.
   */
  repeated({ message }: ProviderError): number {
    const words = message.replaceAll(/(?<!\S)\S*\d\S*/g, "");
    this.#same = words === this.#words ? this.#same + 1 : 1;
    this.#words = words;
    return this.#same - Math.min(mostSame, this.#limits().attempts);
  }

  /** The error that ends the attempts: with what to do where no service was ever reached. */
  last(error: unknown): unknown {
    if (!(error instanceof ProviderError) || error.fewTries !== "wrong-address") return error;
    if (this.#isReached) return error;
    const message = `${error.message} If the address is wrong, correct it in the settings.`;
    return new ProviderError(message, { code: "unreachable", retryable: false, cause: error });
  }

  /** After a whole answer. */
  clear(): void {
    this.#failures = 0;
    this.#progress = 0;
    this.#unlikely = 0;
    this.#same = 0;
    this.#isReached = true;
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
  onWait: (waits: boolean) => void;
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
    const begun = new Map<string, string>();
    let kept = 0;
    let retry: Retry | undefined;
    using own = link(call.signal);
    try {
      using wait = waits.request(() => own.controller.abort(stalled));
      const { onBytes, onWait } = wait;
      const attempt = { signal: own.controller.signal, onBytes, onWait };
      for await (const event of stream(attempt)) {
        if (event.type === "part-start") begun.set(event.key, event.part);
        // Text stays, and whole calls, which will run. Reasoning is dropped.
        if (event.type === "part-delta" && begun.get(event.key) === "text")
          kept += event.delta.length;
        if (event.type === "part-end" && event.input !== undefined) kept += progressCharacters;
        yield event;
      }
      return retries.clear();
    } catch (error) {
      call.signal.throwIfAborted();
      if (error !== stalled) retry = retries.next(error, kept);
      if (error !== stalled && retry === undefined) throw retries.last(error);
    }
    const { code, message } = retry?.error ?? stalled;
    if (begun.size > 0) yield { type: "answer-cut", error: { code, message } };
    call.endAnswer();
    if (retry !== undefined) {
      yield { type: "retry-start", ...names, retry };
      try {
        await countDown(retry, waits, call.signal);
      } finally {
        yield { type: "retry-end", ...names };
      }
    }
    if (begun.size > 0) return;
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
