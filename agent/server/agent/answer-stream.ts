/** Turns the model's answer into parts of a message, and marks what was cut. */
import type {
  ErrorInfo,
  EventBody,
  InterruptionPart,
  Message,
  Outcome,
  Part,
  Stop,
} from "../../shared/protocol";
import { lastInterruption } from "../../shared/message-parts";
import { isOutcome } from "../../shared/protocol";
import type { ModelCall } from "./pause-gate";
import { estimateAhead, usageOf } from "./token-estimate";
import { newId } from "../id";
import type { ModelEvent } from "../providers/provider";
import { askModel } from "./ask-model";
import { type Attempt, withRetry } from "./retry";
import { stopReason } from "../abort";
import { agentName, answerOf, type MessageName, type Turn, type TurnRequest } from "./turn-types";

/** The cost is estimated anew after so many characters: about 200 tokens. */
const costEveryCharacters = 800;

/** Reads until the model has finished, or a pause or a failure that may pass has cut it: that does not end the turn. */
export async function* readAnswer(
  request: TurnRequest,
  at: MessageName,
  turn: Turn,
  call: ModelCall,
  signal: AbortSignal,
): AsyncGenerator<EventBody, void> {
  try {
    yield* readParts(request, at, turn, call);
  } catch (error) {
    const pause = stopReason(call.signal);
    if (signal.aborted || pause === undefined) throw error;
    const answer = answerOf(request, at);
    // A pause in the countdown after a failure cuts nothing more.
    if (lastInterruption(answer) === undefined) yield* closeCut(answer, at, { stop: pause });
  }
}

/** Turns the model's events into ours. */
async function* readParts(
  request: TurnRequest,
  at: MessageName,
  turn: Turn,
  call: ModelCall,
): AsyncGenerator<EventBody, void> {
  const parts = new Map<string, { id: string; field: "text" | "input" }>();
  const names = { runId: request.runId, ...agentName(request) };
  const recordCost = () =>
    request.recordCost(at.messageId, () => usageOf(request, answerOf(request, at), turn));
  let uncounted = 0;
  const stream = (attempt: Attempt) => askModel(request, at, turn, attempt);
  const answer = withRetry(stream, names, request, call);
  for await (const event of answer) {
    switch (event.type) {
      case "retry-start":
      case "retry-end":
        yield event;
        break;
      case "history-refused":
        yield { ...event, ...at };
        break;
      case "answer-cut":
        yield* closeCut(answerOf(request, at), at, { error: event.error });
        break;
      case "part-start": {
        // After an abort the stream is read on until it throws.
        if (!call.beginPart()) break;
        const part = newPart(event);
        parts.set(event.key, { id: part.id, field: part.type === "tool-call" ? "input" : "text" });
        yield { type: "part-start", ...at, part };
        break;
      }
      case "part-delta": {
        const { id, field } = parts.get(event.key)!;
        yield { type: "part-delta", ...at, partId: id, field, delta: event.delta };
        estimateAhead(turn);
        uncounted += event.delta.length;
        if (uncounted < costEveryCharacters) break;
        uncounted = 0;
        recordCost();
        break;
      }
      case "part-end": {
        const { type: _type, key, ...rest } = event;
        yield { type: "part-end", ...at, partId: parts.get(key)!.id, at: Date.now(), ...rest };
        break;
      }
      case "usage": {
        const { type: _type, ...counts } = event;
        turn.counted = counts;
        recordCost();
        break;
      }
      case "finish":
        turn.finish = event.reason;
        if (event.detail !== undefined) turn.finishDetail = event.detail;
    }
  }
  // Neither a stop nor a pause cuts an answer that is whole.
  if (turn.finish === undefined) call.signal.throwIfAborted();
}

type Cut = { stop: Stop } | { error: ErrorInfo };

/** Calls whose input was cut are lost; whole ones will run. The text so far stays, with a mark. */
export function* closeCut(answer: Message, at: MessageName, cut: Cut): Generator<EventBody> {
  const ending =
    "stop" in cut
      ? { outcome: "stopped" as const, ...cut }
      : { outcome: "failed" as const, error: lostCall };
  for (const part of answer.parts) {
    if (part.type !== "tool-call" || part.state !== "writing") continue;
    yield { type: "tool-end", ...at, partId: part.id, at: Date.now(), ...ending };
  }
  yield { type: "part-start", ...at, part: { type: "interruption", id: newId(), ...cut } };
}

const lostCall = "Not run: the answer was cut off before its input was whole.";

/** Ends and marks everything that a stop or a failure left open. */
export function* closeParts(
  answer: Message,
  at: MessageName,
  outcome: Outcome,
  error: ErrorInfo | undefined,
  signal: AbortSignal,
): Generator<EventBody> {
  const stop = outcome === "stopped" ? stopReason(signal) : undefined;
  for (const part of answer.parts) {
    if (part.type !== "tool-call" || isOutcome(part.state)) continue;
    const ending = stop ? { outcome: "stopped" as const, stop } : { outcome: "failed" as const };
    const reason = error && { error: `Not run: ${error.message}` };
    yield { type: "tool-end", ...at, partId: part.id, at: Date.now(), ...ending, ...reason };
  }
  if (stop) {
    const part: InterruptionPart = { type: "interruption", id: newId(), stop };
    yield { type: "part-start", ...at, part };
  }
}

function newPart(event: Extract<ModelEvent, { type: "part-start" }>): Part {
  const id = newId();
  if (event.part === "tool-call") {
    const { callId, name } = event;
    return { type: "tool-call", id, callId, name, inputText: "", state: "writing", output: "" };
  }
  if (event.part === "other") return { type: "other", id, name: event.name, text: event.text };
  if (event.part === "text") return { type: "text", id, text: "" };
  return { type: "reasoning", id, text: "", startedAt: Date.now() };
}
