/** What a model is told of a conversation that was summed up: the summary, and what came after it. */
import { withoutAttempts } from "./attempts";
import { textOf } from "./message-parts";
import type { Message } from "./protocol";

/**
 * The messages that stand for the whole conversation: the summary that stands as a user's words, then what it keeps and
 * what followed. Of other summaries only the mark is told where a run was stopped in them. Without one, all of them; but
 * never an attempt that was made again.
 */
export function toldMessages(all: Message[]): Message[] {
  const messages = withoutAttempts(all);
  const plain = (message: Message) => withoutSummary(message, messages);
  const summary = standingSummary(messages);
  if (summary === undefined) return messages.map(plain);
  const at = messages.indexOf(summary);
  const keeps = messages.findIndex(({ id }) => id === summary.summary?.keeps);
  const kept = keeps === -1 ? [] : messages.slice(keeps, at);
  return [asWords(summary), ...[...kept, ...messages.slice(at + 1)].map(plain)];
}

/** The last one that is whole and was not taken back, among messages without attempts that were made again. */
export function standingSummary(messages: Message[]): Message | undefined {
  return messages.findLast(
    ({ summary, outcome }) => summary && summary.undoneAt === undefined && outcome === "done",
  );
}

/** A run that did nothing but sum up has interrupted nobody: not even its mark is told. */
function withoutSummary(message: Message, messages: Message[]): Message {
  if (message.summary === undefined) return message;
  const isOfWork = messages.some(({ runId, summary }) => runId === message.runId && !summary);
  const marks = message.parts.filter(({ type }) => type === "interruption");
  return { ...message, parts: isOfWork ? marks : [] };
}

function asWords(message: Message): Message {
  return {
    id: message.id,
    runId: message.runId,
    role: "user",
    parts: [
      {
        type: "text",
        id: message.id,
        text: `${opening}\n\n${textOf(message).trim()}\n\n${closing}`,
      },
    ],
    createdAt: message.createdAt,
  };
}

export const opening = "[To save room, what was said and done before this was summed up:]";
const closing = "[Go on from there.]";

/** What a model that sums up is asked, before the conversation itself. */
export const instructions = `Sum up the conversation below so that the work can go on from your words alone. Say, as far as it is there:
- what the person wants, in their own words where these matter, and what they ruled out;
- what was done and found out: files by their paths, commands, decisions and their reasons, errors and how they were dealt with;
- what was interrupted or stopped, by whom, and in which state it was left;
- where things stand now, and what was to come next.
Answer with the summary alone. Use no tools.

The conversation:`;
