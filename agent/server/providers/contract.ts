/** What every provider guarantees: only events that fit, nothing after an abort, no cut answer taken for a whole one, every failure in words. */
import type { ModelInfo } from "../../shared/protocol";
import { log } from "../log";
import { AnswerGuard } from "./answer-guard";
import { bounds } from "./bounds";
import { validModels } from "./listed-models";
import { badAnswerError, cutError, type Service, toProviderError } from "./provider-errors";
import type { ModelEvent, ModelRequest, Provider, ProviderError } from "./provider";

/** What the code of one service implements: an answer as its SDK streams it, and its models. */
interface Implementation extends Pick<Provider, "models"> {
  answer(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelEvent>;
}

/** A provider that holds the contract of `Provider` for it. */
export function enforceContract(
  id: string,
  service: Service,
  implementation: Implementation,
): Provider {
  return {
    id,
    stream: (request, signal) =>
      streamUnderContract(
        (own) => implementation.answer(request, own),
        new AnswerGuard(request),
        { ...service, model: request.model, options: request.options },
        signal,
      ),
    models: (signal) => lookUp(() => implementation.models(signal), service, signal),
  };
}

/**
 * Passes on the events of `answer` and holds the contract of `Provider.stream` for it. The SDKs' own iterators do
 * not: on an abort they end silently, and also when the service closes the connection in the middle.
 * Each request gets a signal of its own, which ends with it: an SDK that leaves its listener behind (Google's does, for
 * every request) would let them pile up on the run's signal.
 */
async function* streamUnderContract(
  answer: (signal: AbortSignal) => AsyncIterable<ModelEvent>,
  guard: AnswerGuard,
  service: Service,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent, void> {
  let begun = false;
  let finished = false;
  let afterEnd: Timer | undefined;
  const own = new AbortController();
  const abort = () => own.abort(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  try {
    for await (const event of answer(own.signal)) {
      signal.throwIfAborted();
      // What follows the end is read, so that the connection can be used again, and is no part of the answer.
      const checked = finished ? undefined : guard.check(event);
      if (checked === undefined) continue;
      begun = true;
      if (checked.type === "finish") {
        finished = true;
        afterEnd = setTimeout(() => own.abort(), bounds.afterEndMs);
      }
      yield checked;
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!finished) throw failureOf(error, service, begun);
  } finally {
    clearTimeout(afterEnd);
    signal.removeEventListener("abort", abort);
    own.abort();
  }
  signal.throwIfAborted();
  if (!finished) throw cutError(service, begun);
}

/** Runs a look-up, which is no stream, under the same contract. */
async function lookUp(
  ask: () => Promise<ModelInfo[]>,
  service: Service,
  signal: AbortSignal,
): Promise<ModelInfo[]> {
  try {
    return validModels(await ask());
  } catch (error) {
    signal.throwIfAborted();
    throw failureOf(error, service, false);
  }
}

/** What an SDK cannot read it meets with any error: that is logged, in case that it is a bug of ours. */
function failureOf(error: unknown, service: Service, begun: boolean): ProviderError {
  const failure = toProviderError(error, service, begun);
  if (failure !== undefined) return failure;
  log.error({ err: error }, "An answer of a service could not be read");
  return badAnswerError(service, "its form is not the one of this API", begun);
}
