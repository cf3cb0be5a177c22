/** Attempts: what was said and done before somebody had it tried again. People see it; the model is told it no more. */
import { textOf } from "./message-parts";
import type { Message, Run, Session } from "./protocol";

/** The run that would be tried again now, and all that was said to it; undefined when nothing was said yet. */
export function lastAttempt({ messages }: Session): { runId: string; text: string } | undefined {
  // A run that only sums up answers nobody.
  const runId = messages.findLast(({ summary }) => summary === undefined)?.runId;
  if (runId === undefined) return undefined;
  const said = messages.filter((message) => message.runId === runId && message.role === "user");
  return { runId, text: said.map((message) => textOf(message)).join("\n\n") };
}

/** The conversation without what was tried again: from where that began to what stands in its place. */
export function withoutAttempts(messages: Message[]): Message[] {
  const kept: Message[] = [];
  for (const message of messages) {
    const { retryOf } = message;
    // Its beginning may not be here: a page has only the newest messages.
    if (retryOf !== undefined)
      kept.length = Math.max(
        0,
        kept.findIndex(({ runId }) => runId === retryOf),
      );
    kept.push(message);
  }
  return kept;
}

/** What the run that was tried again stands for: the first attempt, and all that came after it, oldest first. */
export function attemptsSince({ messages, runs }: Session, retryOf: string): Run[] {
  let first = retryOf;
  for (const message of messages.toReversed())
    if (message.runId === first) first = message.retryOf ?? first;
  const from = runs.findIndex(({ id }) => id === first);
  return from === -1 ? [] : runs.slice(from);
}
