/** The lines of commands: open calls of the user's messages, which are run before the model is asked. */
import { toolCallsOf } from "../../shared/message-parts";
import { type EventBody, isOutcome, type Message, type ToolCallPart } from "../../shared/protocol";
import { runTools } from "./turn";
import type { TurnRequest } from "./turn-types";

export interface AskedCallsRequest extends Pick<
  TurnRequest,
  "runId" | "messages" | "pauseGate" | "runTool"
> {
  /** As the loop's: more messages can come meanwhile. */
  beforeTurn(signal: AbortSignal): Promise<void>;
}

/**
 * Runs what is open of the run's user messages, each message's lines side by side, and waits for the next turn; after a
 * server's end, what that has left. What fails or is denied is told to the model. On an abort they end as stopped.
 */
export async function* runAskedCalls(
  request: AskedCallsRequest,
  signal: AbortSignal,
): AsyncGenerator<EventBody, void> {
  for (;;) {
    const message = request
      .messages()
      .find((one) => one.runId === request.runId && openCallsAsked(one).length > 0);
    if (message === undefined) return;
    yield* runTools(request, openCallsAsked(message), { messageId: message.id }, signal);
    await request.beforeTurn(signal);
  }
}

/** Of a user's message. */
export function openCallsAsked(message: Message): ToolCallPart[] {
  if (message.role !== "user") return [];
  return toolCallsOf(message).filter(({ state }) => !isOutcome(state));
}
