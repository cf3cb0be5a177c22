/** Sending a failed model request again: visibly, patiently, and under the signal. */
import type { EventBody, Retry } from "../../shared/protocol";
import { type ModelEvent, ProviderError } from "../providers/provider";
import { wait } from "../abort";

const attempts = 4;
const firstDelayMs = 1000;
/** Who asks us to wait longer than this is told no: a person should decide. */
const maxDelayMs = 120_000;

/**
 * Yields the events of `stream()`; when it fails before its first part in a way that may pass, waits and asks again.
 * Once something was written it is never asked again: the writing stays, and the failure is thrown.
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
