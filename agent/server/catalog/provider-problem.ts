/** Why a provider cannot be used or listed, in a word and in sentences: of whatever one question to its service has led to. */
import type { ProviderState } from "../../shared/protocol";
import { link } from "../abort";
import { log } from "../log";
import { type Provider, type ProviderConfig, ProviderError } from "../providers/provider";

/** A provider as far as its list of models is concerned. */
export interface ModelSource {
  id: string;
  name: string;
  create(config: ProviderConfig): Provider;
  /** A server on this machine. */
  local?: boolean;
  /** What to do when it lists no model; without it, only that a name can be typed. */
  emptyAdvice?: string;
}

export interface ProviderProblem {
  state: ProviderState;
  /** Whole sentences. */
  reason: string;
}

/** What a service answered, or why it did not. `isLate`: it has not answered in time, which says little about it. */
export type Answered<T> = { found: T } | { problem: ProviderProblem; isLate: boolean };

/**
 * Asks a service one thing, for at most `limitMs`. Rejects only with the reason of `signal`, which ends the question; its
 * socket is closed then, and when it is late. The signal that `ask` is given aborts with its end too: an SDK may leave its
 * listener, or an answer that it does not read.
 */
export async function askService<T>(
  source: ModelSource,
  limitMs: number,
  ask: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<Answered<T>> {
  using own = link(signal);
  const { controller } = own;
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    controller.abort();
  }, limitMs);
  try {
    return { found: await ask(controller.signal) };
  } catch (error) {
    signal.throwIfAborted();
    return { problem: isLate ? late(source, limitMs) : problemOf(error, source), isLate };
  } finally {
    clearTimeout(timer);
    controller.abort();
  }
}

function late({ name }: ModelSource, limitMs: number): ProviderProblem {
  return { state: "silent", reason: `${name} did not answer within ${limitMs / 1000} s.` };
}

function problemOf(error: unknown, { name }: ModelSource): ProviderProblem {
  if (error instanceof ProviderError)
    return { state: states[error.code] ?? "failed", reason: error.message };
  log.error({ err: error }, "Looking up the models failed");
  const reason = `The models of ${name} could not be looked up. The log has the details.`;
  return { state: "failed", reason };
}

/** Of a list without a model. */
export function emptyProblem({ name, emptyAdvice }: ModelSource): ProviderProblem {
  const advice = emptyAdvice ?? "Type a model’s name to use it.";
  return { state: "empty", reason: `${name} lists no model. ${advice}` };
}

/** By the code of the error. */
export const states: Record<string, ProviderState> = {
  authentication: "key-refused",
  permission: "access-refused",
  network: "unreachable",
  certificate: "unreachable",
  proxy: "unreachable",
  timeout: "silent",
  "not-found": "no-api",
  cut: "no-api",
  "bad-answer": "no-api",
  "no-list": "no-list",
};
