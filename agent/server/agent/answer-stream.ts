/** What the model says becomes parts of a message, and what was cut gets its mark. */
import type {
  ErrorInfo,
  EventBody,
  InterruptionPart,
  Message,
  Outcome,
  Part,
  Stop,
} from "../../shared/protocol";
import { isOutcome } from "../../shared/protocol";
import type { ModelCall } from "./pause-gate";
import { usageOf } from "./token-estimate";
import { newId } from "../id";
import { type ModelEvent, ProviderError } from "../providers/provider";
import { withRetry } from "./retry";
import { stopOf } from "../abort";
import { agentName, answerOf, type MessageName, type Turn, type TurnRequest } from "./turn-types";

/** So many characters are written between two looks at what they cost: about 200 tokens. */
const grain = 800;

/** Reads until the model has finished, or a pause has cut it: that is no end of the turn. */
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
    const pause = stopOf(call.signal);
    if (signal.aborted || pause === undefined) throw error;
    yield* closeCut(answerOf(request, at), at, pause);
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
  const spend = () =>
    request.spend(at.messageId, () => usageOf(request, answerOf(request, at), turn));
  let unseen = 0;
  for await (const event of withRetry(() => ask(request, at, turn, call), names, call.signal)) {
    switch (event.type) {
      case "retry-start":
      case "retry-end":
        yield event;
        break;
      case "part-start": {
        // The stream is aborted, not left: it is read on to where it throws.
        if (!call.beginPart()) break;
        const part = newPart(event);
        parts.set(event.key, { id: part.id, field: part.type === "tool-call" ? "input" : "text" });
        yield { type: "part-start", ...at, part };
        break;
      }
      case "part-delta": {
        const { id, field } = parts.get(event.key)!;
        yield { type: "part-delta", ...at, partId: id, field, delta: event.delta };
        unseen += event.delta.length;
        if (unseen < grain) break;
        unseen = 0;
        spend();
        break;
      }
      case "part-end": {
        const { type: _type, key, ...rest } = event;
        yield { type: "part-end", ...at, partId: parts.get(key)!.id, at: Date.now(), ...rest };
        break;
      }
      case "usage":
        turn.counted = { inputTokens: event.inputTokens, outputTokens: event.outputTokens };
        spend();
        break;
      case "finish":
        turn.finish = event.reason;
    }
  }
  call.signal.throwIfAborted();
}

/** Sends the request, and notes when the service took none of it. */
async function* ask(
  request: TurnRequest,
  at: MessageName,
  turn: Turn,
  call: ModelCall,
): AsyncGenerator<ModelEvent, void> {
  turn.isRefused = false;
  try {
    yield* request.provider.stream(turn.request, call.signal);
  } catch (error) {
    const isNew =
      answerOf(request, at).parts.length === 0 && turn.counted.inputTokens === undefined;
    turn.isRefused = isNew && error instanceof ProviderError && isRefusal(error);
    throw error;
  }
}

/** It answered with an error instead of an answer, or was not there to be asked. */
function isRefusal({ status, code }: ProviderError): boolean {
  return status !== undefined || code === "network" || code === "not-configured";
}

/** Calls whose input was cut are lost; whole ones will run. What was written stays, with its mark. */
function* closeCut(answer: Message, at: MessageName, stop: Stop): Generator<EventBody> {
  for (const part of answer.parts) {
    if (part.type !== "tool-call" || part.state !== "writing") continue;
    yield { type: "tool-end", ...at, partId: part.id, at: Date.now(), outcome: "stopped", stop };
  }
  yield { type: "part-start", ...at, part: { type: "interruption", id: newId(), stop } };
}

/** What a stop or a failure left open is closed and marked, so that nothing looks as if it still ran. */
export function* closeParts(
  answer: Message,
  at: MessageName,
  outcome: Outcome,
  error: ErrorInfo | undefined,
  signal: AbortSignal,
): Generator<EventBody> {
  const stop = outcome === "stopped" ? stopOf(signal) : undefined;
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
  if (event.part === "text") return { type: "text", id, text: "" };
  return { type: "reasoning", id, text: "", startedAt: Date.now() };
}
