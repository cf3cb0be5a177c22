/** The messages that a model is sent: of a conversation that was summed up, the summary and what came after it. */
import { textOf } from "./message-parts";
import type { Message } from "./protocol";
import { stepLine } from "./shown-steps";

/**
 * The messages that represent the whole conversation: the current summary as a user message, then what it keeps and what
 * followed; without a summary, all of them. Of other summaries only the marks of interruptions are left. `messages`: of one
 * branch.
 */
export function messagesForModel(messages: Message[]): Message[] {
  const plain = (message: Message) => withoutSummary(message, messages);
  const summary = currentSummary(messages);
  if (summary === undefined) return messages.map(plain);
  const at = messages.indexOf(summary);
  const keeps = messages.findIndex(({ id }) => id === summary.summary?.keeps);
  const kept = keeps === -1 ? [] : messages.slice(keeps, at);
  return [asUserMessage(summary), ...[...kept, ...messages.slice(at + 1)].map(plain)];
}

/** The last complete summary that was not taken back, among the messages of a branch. */
export function currentSummary(messages: Message[]): Message | undefined {
  return messages.findLast(
    ({ summary, outcome }) => summary && summary.undoneAt === undefined && outcome === "done",
  );
}

/** Only the interruption marks of a summary are left, and none when its run only summed up. */
function withoutSummary(message: Message, messages: Message[]): Message {
  if (message.summary === undefined) return message;
  const isOfWork = messages.some(({ runId, summary }) => runId === message.runId && !summary);
  const marks = message.parts.filter(({ type }) => type === "interruption");
  return { ...message, parts: isOfWork ? marks : [] };
}

function asUserMessage(message: Message): Message {
  return {
    id: message.id,
    runId: message.runId,
    role: "user",
    parts: [
      {
        type: "text",
        id: message.id,
        text: [opening, textOf(message).trim(), ...todoOf(message), closing].join("\n\n"),
      },
    ],
    createdAt: message.createdAt,
  };
}

/** The list as it was then: the call that wrote it is among what was summed up. */
function todoOf({ summary }: Message): string[] {
  if (summary?.todo === undefined) return [];
  return [`[Your to-do list, as it was then:]\n${summary.todo.map(stepLine).join("\n")}`];
}

export const opening = "[To save room, what was said and done before this was summed up:]";
const closing = "[Go on from there.]";

/** The instructions for a summary; the conversation follows. */
export const instructions = `Sum up the conversation below so that the work can go on from your words alone. Say, as far as it is there:
- what the person wants, in their own words where these matter, and what they ruled out;
- what was done and found out: files by their paths, commands, decisions and their reasons, errors and how they were dealt with;
- what was interrupted or stopped, by whom, and in which state it was left;
- where things stand now, and what was to come next.
Answer with the summary alone. Use no tools.

The conversation:`;
