/** Sends a failed model request again, after a visible countdown that ends with the signal. */
import type { EventBody, Retry } from "../../shared/protocol";
import { type ModelEvent, ProviderError } from "../providers/provider";
import { wait } from "../abort";

const attempts = 4;
const firstDelayMs = 1000;
/** When the service asks for a longer wait than this, the request fails: a person should decide. */
const maxDelayMs = 120_000;

/**
 * Yields the events of `stream()`. When that fails with a retryable error before its first part, waits and sends it again.
 * After the first part nothing is repeated: the text stays, and the error is thrown.
 * Throws the last ProviderError, or the signal's reason.
 */
export async function* withRetry(
  stream: () => AsyncIterable<ModelEvent>,
  names: { runId: string; agentId?: string },
  signal: AbortSignal,
): AsyncGenerator<ModelEvent | Extract<EventBody, { type: "retry-start" | "retry-end" }>, void> {
  for (let attempt = 1; ; attempt++) {
    let written = false;
    try {
      for await (const event of stream()) {
        if (event.type === "part-start") written = true;
        yield event;
      }
      return;
    } catch (error) {
      signal.throwIfAborted();
      const retry = written ? undefined : nextTry(error, attempt);
      if (retry === undefined) throw error;
      yield { type: "retry-start", ...names, retry };
      try {
        await wait(Math.max(0, retry.at - Date.now()), signal);
      } finally {
        yield { type: "retry-end", ...names };
      }
    }
  }
}

function nextTry(error: unknown, attempt: number): Retry | undefined {
  if (!(error instanceof ProviderError) || !error.retryable || attempt >= attempts)
    return undefined;
  const backOffMs = firstDelayMs * 2 ** (attempt - 1) * (0.75 + Math.random() / 2);
  const delayMs = error.retryAfterMs ?? backOffMs;
  if (delayMs > maxDelayMs) return undefined;
  return {
    attempt: attempt + 1,
    of: attempts,
    at: Date.now() + delayMs,
    error: { code: error.code, message: error.message },
  };
}
