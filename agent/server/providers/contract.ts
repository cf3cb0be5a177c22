/** What every provider guarantees: only events that fit, nothing after an abort, no cut answer taken for a whole one, every failure in words. */
import { sendsFiles } from "../../shared/plain-history";
import type { ModelInfo } from "../../shared/protocol";
import { type Link, link } from "../abort";
import { log } from "../log";
import { AnswerGuard } from "./answer-guard";
import { bounds } from "./bounds";
import { type Exchange, inExchange } from "./exchange";
import { validModels } from "./listed-models";
import { mergedDeltas } from "./merged-deltas";
import { withoutRefusedSearch } from "./own-search";
import {
  badAnswerError,
  cutError,
  noListError,
  noModelError,
  type Service,
  toProviderError,
} from "./provider-errors";
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
  const answer = withoutRefusedSearch(
    (request, own) => mergedDeltas(implementation.answer(request, own)),
    service,
  );
  return {
    id,
    stream: (request, signal) =>
      streamUnderContract(
        (own) => answer(request, own),
        new AnswerGuard(request),
        { onBytes: request.onBytes, onWait: request.onWait },
        {
          ...service,
          model: request.model,
          options: request.options,
          sendsFiles: sendsFiles(request.messages, id, request.files),
        },
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
 * The end of an answer is its `finish`, not the closed socket, which some gateways keep open. An implementation yields it as
 * soon as the service says it: the usage that belongs to it stands just before it, or is waited for.
 */
async function* streamUnderContract(
  answer: (signal: AbortSignal) => AsyncIterable<ModelEvent>,
  guard: AnswerGuard,
  exchange: Exchange,
  service: Service,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent, void> {
  if (service.model?.trim() === "") throw noModelError(service);
  const own = link(signal);
  const { controller } = own;
  const events = answer(controller.signal)[Symbol.asyncIterator]();
  let begun = false;
  let isCounted = false;
  let finish: ModelEvent | undefined;
  let usageWait: Timer | undefined;
  let step: IteratorResult<ModelEvent> | undefined;
  try {
    while (finish === undefined || !isCounted) {
      step = await inExchange(exchange, () => events.next());
      signal.throwIfAborted();
      if (step.done) break;
      const { type } = step.value;
      if (type !== "finish") isCounted = type === "usage";
      else usageWait ??= setTimeout(() => controller.abort(), bounds.afterEndMs);
      // What follows the end is no part of the answer.
      const isPart = finish === undefined || type === "usage";
      const checked = isPart ? guard.check(step.value) : undefined;
      if (checked === undefined) continue;
      exchange.isAnswered = true;
      if (type !== "usage") begun = true;
      if (type === "finish") finish = checked;
      else yield checked;
    }
  } catch (error) {
    // Neither a stop nor a failure cuts what was whole before it.
    if (finish === undefined) {
      signal.throwIfAborted();
      throw failureOf(error, service, begun, exchange);
    }
  } finally {
    clearTimeout(usageWait);
    if (finish === undefined || step?.done) end(own);
    else drain(events, own);
  }
  if (finish === undefined) throw cutError(service, begun, exchange);
  yield finish;
}

/** Reads what follows an answer, so that its connection can be used again. A socket that stays open is closed. */
function drain(rest: AsyncIterator<ModelEvent>, own: Link): void {
  const timer = setTimeout(() => own.controller.abort(), bounds.afterEndMs);
  const read = async () => {
    while (!(await rest.next()).done);
  };
  read()
    // Whatever it is: the answer is whole.
    .catch(() => {})
    .finally(() => {
      clearTimeout(timer);
      end(own);
    });
}

function end(own: Link): void {
  own[Symbol.dispose]();
  own.controller.abort();
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
    const failure = failureOf(error, service, false);
    throw [404, 405, 501].includes(failure.status ?? 0) ? noListError(service) : failure;
  }
}

/** What an SDK cannot read it meets with any error: that is logged, in case that it is a bug of ours. */
function failureOf(
  error: unknown,
  service: Service,
  begun: boolean,
  exchange?: Exchange,
): ProviderError {
  const failure = toProviderError(error, service, begun, exchange);
  if (failure !== undefined) return failure;
  log.error({ err: error }, "An answer of a service could not be read");
  return badAnswerError(service, "its form is not the one of this API", begun);
}
