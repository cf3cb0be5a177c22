/** Ends the run of a model that asks for the same call over and over. */
import { toolCallsOf } from "../../shared/message-parts";
import type { ErrorInfo, Message, ToolCallPart } from "../../shared/protocol";

const maxIdentical = 3;

/** The error when the model asks for the same call with the same input three times in a row. */
export function repeatedCall(messages: Message[], calls: ToolCallPart[]): ErrorInfo | undefined {
  const runId = messages.at(-1)?.runId;
  const all = messages
    .filter((message) => message.runId === runId && message.role === "assistant")
    .flatMap(toolCallsOf)
    .map((part) => `${part.name} ${JSON.stringify(part.input) ?? part.inputText}`);
  const identical = all.findIndex(
    (call, index) =>
      index >= all.length - calls.length &&
      index >= maxIdentical - 1 &&
      all.slice(index - maxIdentical + 1, index).every((earlier) => earlier === call),
  );
  if (identical === -1) return undefined;
  const message =
    `The model asked for the same call ${maxIdentical} times in a row (${all[identical]!.slice(0, 120)}), so the run was ended. ` +
    "Send a message that tells it what to do instead.";
  return { code: "repetition", message };
}
