/** What a model is told of a conversation that was summed up: the summary, and what came after it. */
import { withoutAttempts } from "./attempts";
import type { Message } from "./protocol";

/**
 * The messages that stand for the whole conversation: the last whole summary as a user's words, then what it keeps and
 * what followed. A summary that was cut stands for nothing; only its mark is told. Without one, all of them; but never
 * an attempt that was made again.
 */
export function toldMessages(all: Message[]): Message[] {
  const messages = withoutAttempts(all);
  const at = messages.findLastIndex((message) => message.summary && message.outcome === "done");
  if (at === -1) return messages.map(withoutCutSummary);
  const summary = messages[at]!;
  const keeps = messages.findIndex(({ id }) => id === summary.summary?.keeps);
  const kept = keeps === -1 ? [] : messages.slice(keeps, at);
  return [asWords(summary), ...[...kept, ...messages.slice(at + 1)].map(withoutCutSummary)];
}

function withoutCutSummary(message: Message): Message {
  if (message.summary === undefined) return message;
  return { ...message, parts: message.parts.filter(({ type }) => type === "interruption") };
}

function asWords(message: Message): Message {
  const text = message.parts.map((part) => (part.type === "text" ? part.text : "")).join("");
  return {
    id: message.id,
    runId: message.runId,
    role: "user",
    parts: [{ type: "text", id: message.id, text: `${opening}\n\n${text.trim()}\n\n${closing}` }],
    createdAt: message.createdAt,
  };
}

const opening = "[To save room, what was said and done before this was summed up:]";
const closing = "[Go on from there.]";
