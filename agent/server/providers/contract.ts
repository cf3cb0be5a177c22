/** What every provider guarantees: nothing after an abort, no cut answer taken for a whole one, every failure in words. */
import { cutError, type Service, toProviderError } from "./provider-errors";
import type { ModelEvent, ModelRequest, Provider } from "./provider";

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
        { ...service, model: request.model },
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
  service: Service,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent, void> {
  let begun = false;
  let finished = false;
  const own = new AbortController();
  const abort = () => own.abort(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  try {
    for await (const event of answer(own.signal)) {
      signal.throwIfAborted();
      begun = true;
      finished = event.type === "finish";
      yield event;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw toProviderError(error, service, begun) ?? error;
  } finally {
    signal.removeEventListener("abort", abort);
    own.abort();
  }
  signal.throwIfAborted();
  if (!finished) throw cutError(service, begun);
}

/** Runs a look-up, which is no stream, under the same contract. */
async function lookUp<Answer>(
  ask: () => Promise<Answer>,
  service: Service,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    signal.throwIfAborted();
    throw toProviderError(error, service, false) ?? error;
  }
}

/** The parsed input of a tool call; undefined when the model wrote what is not JSON. No input at all means an empty one. */
export function parseInput(json: string): unknown {
  if (json.trim() === "") return {};
  try {
    return JSON.parse(json);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
