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
  try {
    return yield* send(request, at, turn, attempt);
  } catch (error) {
    attempt.signal.throwIfAborted();
    if (!(error instanceof ProviderError)) throw error;
    const only = reduced(request, at, turn, error);
    const { code, message } = error;
    yield { type: "history-refused", error: { code, message }, ...only };
  }
  const mark: Message = { ...answerOf(request, at), parts: [] };
  turn.request.messages = [...turn.request.messages, mark];
  yield* askModel(request, at, turn, attempt);
}

/** What is left out of the refused request; throws the error when that would not help. */
function reduced(
  request: TurnRequest,
  at: MessageName,
  turn: Turn,
  error: ProviderError,
): Pick<HistoryRefused, "only"> {
  const { messages, files } = turn.request;
  const { id } = request.provider;
  const isTooLarge = error.code === "context-length";
  if (!error.refusesHistory && !isTooLarge) throw error;
  if (sendsFiles(messages, id, files)) return { only: "files" };
  const { plainHistory } = answerOf(request, at);
  if (isTooLarge) throw error;
  if (plainHistory !== undefined) throw refusedTwice(error, plainHistory);
  if (!canBePlain(messages, id)) throw error;
  return {};
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
    yield* request.provider.stream({ ...turn.request, onBytes: attempt.onBytes }, attempt.signal);
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
function isRefusal({ status, code }: ProviderError): boolean {
  return status !== undefined || unreached.has(code);
}

const unreached = new Set(["network", "certificate", "proxy", "timeout", "not-configured"]);

function logFailure(
  { runId, provider, model }: TurnRequest,
  { code, status }: ProviderError,
): void {
  log.warn({ runId, provider: provider.id, model, code, status }, "The provider failed");
}
