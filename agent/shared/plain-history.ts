/** Which part of a conversation is sent as plain text, because its provider refused it as it was. */
import type { Message } from "./protocol";
import { messagesForModel } from "./summary";

/**
 * The index of the last message before which all of it is plain text for this provider; -1 when there is none. A message
 * counts when the provider accepted what precedes it as plain text, or is being asked to.
 */
export function plainUntil(messages: Message[], provider: string): number {
  return messages.findLastIndex(
    ({ plainHistory, outcome, parts, ...message }) =>
      plainHistory !== undefined &&
      message.provider === provider &&
      (outcome === undefined || parts.some(({ type }) => type !== "interruption")),
  );
}

/** Whether there is something to reduce: after a refusal only then it is worth another request. */
export function canBePlain(messages: Message[], provider: string): boolean {
  const own = messagesForModel(messages);
  return own
    .slice(Math.max(0, plainUntil(own, provider)))
    .flatMap(({ parts }) => parts)
    .some(
      (part) =>
        part.type === "tool-call" ||
        part.type === "file" ||
        ("meta" in part && part.meta !== undefined),
    );
}
