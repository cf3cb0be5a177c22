/** What of a conversation its provider gets no more, because it refused it: the files, or all but plain text. */
import { filesOfPart } from "./message-parts";
import type { FileRef, Message } from "./protocol";
import { messagesForModel } from "./summary";

/** The index of the last message before which all of it is plain text for this provider; -1 when there is none. */
export function plainUntil(messages: Message[], provider: string): number {
  return lastAccepted(messages, provider, ({ plainHistory }) => plainHistory !== undefined);
}

/** The index of the last message before which no files are sent to this provider; -1 when there is none. */
export function withoutFilesUntil(messages: Message[], provider: string): number {
  const reduced = ({ plainHistory, withoutFiles }: Message) =>
    plainHistory !== undefined || withoutFiles !== undefined;
  return lastAccepted(messages, provider, reduced);
}

/** A message counts when the provider accepted what precedes it in that form, or is being asked to. */
function lastAccepted(
  messages: Message[],
  provider: string,
  isReduced: (message: Message) => boolean,
): number {
  return messages.findLastIndex(
    (message) =>
      message.provider === provider &&
      isReduced(message) &&
      (message.outcome === undefined || message.parts.some(({ type }) => type !== "interruption")),
  );
}

/** The files that this provider has not refused, as often as the conversation shows them. */
export function filesFor(messages: Message[], provider: string): FileRef[] {
  const own = messagesForModel(messages);
  return own
    .slice(Math.max(0, withoutFilesUntil(own, provider)))
    .flatMap(({ parts }) => parts.flatMap(filesOfPart));
}

/** Whether the content of any of them goes with a request. `files`: as in ModelRequest. */
export function sendsFiles(
  messages: Message[],
  provider: string,
  files: ReadonlyMap<string, object> | undefined,
): boolean {
  return filesFor(messages, provider).some(({ hash }) => "data" in (files?.get(hash) ?? {}));
}

/** Whether there is something to reduce: after a refusal only then it is worth another request. */
export function canBePlain(messages: Message[], provider: string): boolean {
  const own = messagesForModel(messages);
  return own
    .slice(Math.max(0, plainUntil(own, provider)))
    .flatMap(({ parts }) => parts)
    .some((part) => part.type === "tool-call" || ("meta" in part && part.meta !== undefined));
}
