/** Attempts: runs that were tried again. People still see them; the model does not. */
import { defined } from "./defined";
import { filesOf, textOf, toolCallsOf } from "./message-parts";
import type { CommandLine, FileRef, Message, QueuedMessage, Run, Session } from "./protocol";

export interface LastAttempt extends Pick<QueuedMessage, "command" | "asks"> {
  runId: string;
  text: string;
  files: FileRef[];
}

/** The run that a retry would try again, and what its user messages hold; undefined in an empty session. */
export function lastAttempt({ messages }: Session): LastAttempt | undefined {
  // A run that only sums up is no attempt: nothing was said to it.
  const runId = messages.findLast(({ role }) => role === "user")?.runId;
  if (runId === undefined) return undefined;
  const said = messages.filter((message) => message.runId === runId && message.role === "user");
  const text = said.map((message) => textOf(message)).join("\n\n");
  const command = said.find((message) => message.command !== undefined)?.command;
  const lines = said.flatMap(toolCallsOf).map(({ input }) => input as CommandLine);
  const asks = lines.length > 0 ? lines : undefined;
  return { runId, text, files: said.flatMap(filesOf), ...defined({ command, asks }) };
}

/** The messages without attempts: each retry removes everything since the run that it replaces. */
export function withoutAttempts(messages: Message[]): Message[] {
  const kept: Message[] = [];
  for (const message of messages) {
    const { retryOf } = message;
    // The attempt may be missing here: a page has only the newest messages.
    if (retryOf !== undefined)
      kept.length = Math.max(
        0,
        kept.findIndex(({ runId }) => runId === retryOf),
      );
    kept.push(message);
  }
  return kept;
}

/** The first attempt at what `retryOf` tried, and all runs after it, oldest first. */
export function attemptsSince({ messages, runs }: Session, retryOf: string): Run[] {
  let first = retryOf;
  for (const message of messages.toReversed())
    if (message.runId === first) first = message.retryOf ?? first;
  const from = runs.findIndex(({ id }) => id === first);
  return from === -1 ? [] : runs.slice(from);
}
