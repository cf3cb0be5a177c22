/** Asks the model once, and again without files and as plain text when its service refuses the conversation as it is. */
import { canBePlain, sendsFiles } from "../../shared/plain-history";
import { defined } from "../../shared/defined";
import type { ErrorInfo, Message } from "../../shared/protocol";
import { log } from "../log";
import { type ModelEvent, ProviderError } from "../providers/provider";
import type { Attempt, HistoryRefused } from "./retry";
import { keepCharge } from "./token-estimate";
import { answerOf, type MessageName, type Turn, type TurnRequest } from "./turn-types";

/**
 * Sends the request. When the service refuses the conversation as it is, it is sent again without its files, and then as
 * plain text, so that no session is stuck. Files go too where the request is too large: a proxy may take 1 MB.
 */
export async function* askModel(
  request: TurnRequest,
  at: MessageName,
  turn: Turn,
  attempt: Attempt,
): AsyncGenerator<ModelEvent | HistoryRefused, void> {
  let failure: ProviderError;
  try {
    return yield* send(request, at, turn, attempt);
  } catch (error) {
    attempt.signal.throwIfAborted();
    if (!(error instanceof ProviderError)) throw error;
    failure = error;
  }
  const refusal = refusalOf(request, at, turn, failure);
  if (failure.retryable) return yield* tryReduced(request, at, turn, attempt, refusal, failure);
  yield refusal;
  reduce(request, at, turn, refusal);
  yield* askModel(request, at, turn, attempt);
}

/**
 * Where the same failure has come again and again, perhaps the conversation was refused: it is sent reduced at once, while
 * the failure lasts. When that is accepted, it was. Otherwise all stays as it was, and throws the failure itself.
 */
async function* tryReduced(
  request: TurnRequest,
  at: MessageName,
  turn: Turn,
  attempt: Attempt,
  refusal: HistoryRefused,
  failure: ProviderError,
): AsyncGenerator<ModelEvent | HistoryRefused, void> {
  const whole = turn.request.messages;
  let isAccepted = false;
  reduce(request, at, turn, refusal);
  try {
    for await (const event of send(request, at, turn, attempt)) {
      if (!isAccepted && event.type !== "usage") {
        isAccepted = true;
        yield refusal;
      }
      yield event;
    }
  } catch (error) {
    if (isAccepted || !(error instanceof ProviderError)) throw error;
    attempt.signal.throwIfAborted();
    throw failure;
  } finally {
    if (!isAccepted) turn.request.messages = whole;
  }
}

function reduce(
  request: TurnRequest,
  at: MessageName,
  turn: Turn,
  { only, error }: HistoryRefused,
): void {
  const reduced = only === "files" ? { withoutFiles: error } : { plainHistory: error };
  const mark: Message = { ...answerOf(request, at), ...reduced, parts: [] };
  turn.request.messages = [...turn.request.messages, mark];
}

/** What is left out of the refused request; throws the error when that would not help, or not yet. */
function refusalOf(
  request: TurnRequest,
  at: MessageName,
  turn: Turn,
  error: ProviderError,
): HistoryRefused {
  const { messages, files } = turn.request;
  const { id } = request.provider;
  const { code, message, refusesHistory, retryable } = error;
  const refusal: HistoryRefused = { type: "history-refused", error: { code, message } };
  const repeated = request.retries.repeated(error);
  const isTooLarge = code === "context-length";
  if (!refusesHistory && !isTooLarge) throw error;
  const ways: HistoryRefused[] = [];
  if (sendsFiles(messages, id, files)) ways.push({ ...refusal, only: "files" });
  if (!isTooLarge && canBePlain(messages, id)) ways.push(refusal);
  const way = ways[retryable ? repeated : 0];
  if (way !== undefined) return way;
  const { plainHistory } = answerOf(request, at);
  if (plainHistory === undefined || retryable || isTooLarge) throw error;
  throw refusedTwice(error, plainHistory);
}

function refusedTwice(error: ProviderError, first: ErrorInfo): ProviderError {
  const message = `The conversation was refused, and as plain text too. Start a new session, or choose another model. The last answer: ${error.message} Before that: ${first.message}`;
  const { code, status, retryable } = error;
  return new ProviderError(message, defined({ code, status, retryable, cause: error }));
}

/** Sends the request, and records whether the service refused it. A failure is logged, without its message. */
async function* send(
  request: TurnRequest,
  at: MessageName,
  turn: Turn,
  attempt: Attempt,
): AsyncGenerator<ModelEvent, void> {
  turn.mayBeCharged = !attempt.signal.aborted;
  try {
    const { onBytes, onWait, signal } = attempt;
    yield* request.provider.stream({ ...turn.request, onBytes, onWait }, signal);
  } catch (error) {
    const answer = answerOf(request, at);
    const isNew = answer.parts.length === 0;
    if (isNew) keepCharge(request, answer, turn);
    if (isNew && error instanceof ProviderError && isRefusal(error)) turn.mayBeCharged = false;
    if (error instanceof ProviderError && !attempt.signal.aborted) logFailure(request, error);
    throw error;
  }
}

/** The service answered with an error, or could not be reached. */
export function isRefusal({ status, code }: ProviderError): boolean {
  return status !== undefined || unreached.has(code);
}

const unreached = new Set(["network", "certificate", "proxy", "timeout", "not-configured"]);

function logFailure(
  { runId, provider, model }: TurnRequest,
  { code, status }: ProviderError,
): void {
  log.warn({ runId, provider: provider.id, model, code, status }, "The provider failed");
}
