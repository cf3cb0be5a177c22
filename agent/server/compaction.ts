/** Summing up a conversation that has nearly filled its model's window: when, and what the model is asked. */
import type { ErrorInfo, Message } from "../shared/protocol";
import { toldMessages } from "../shared/summary";
import type { TurnRequest } from "./turn-request";
import { estimateTokens } from "./estimate";
import { newId } from "./id";
import { transcript } from "./transcript";

/** Beyond this share of the window the next answer may not fit. */
const fullShare = 0.8;
/** So much of the window may the text take that is to be summed up. */
const transcriptShare = 0.6;
const unknownWindowTokens = 32_000;
const charactersPerToken = 4;

/** Whether what the next request would hold comes near to what the model can hold. Unknown windows are never full. */
export function isNearlyFull(request: TurnRequest): boolean {
  const windowTokens = request.info?.contextTokens;
  if (windowTokens === undefined) return false;
  const told = toldMessages(request.messages());
  // A summary that was cut has counted something else.
  const at = told.findLastIndex(({ usage, summary }) => usage && !summary);
  const usage = told[at]?.usage;
  const counted = usage ? usage.inputTokens + usage.outputTokens : 0;
  // What was counted has the words of that answer in it, but not what its tools have put out.
  const since = told.slice(Math.max(0, at)).map(({ parts, role }) => ({
    parts: parts.flatMap((part) => (part.type === "tool-call" ? [part.output] : [])),
    said: role === "user" ? parts : [],
  }));
  return counted + estimateTokens(JSON.stringify(since)) > windowTokens * fullShare;
}

export const nothingToSumUp: ErrorInfo = {
  code: "nothing",
  message: "There is nothing to sum up yet.",
};

/**
 * The request whose answer is the summary. What the user has said last stays as it is, when nothing has been answered
 * to it; in the middle of a run all of it is summed up. Undefined when nothing was answered before.
 */
export function summaryRequest(request: TurnRequest): TurnRequest | undefined {
  const messages = request.messages();
  const last = messages.at(-1);
  const keeps = last?.role === "user" ? last.id : lastQuestion(messages, request.runId);
  const told = toldMessages(keeps === undefined ? messages : before(messages, keeps));
  if (!told.some(({ role }) => role === "assistant")) return undefined;
  const windowTokens = request.info?.contextTokens ?? unknownWindowTokens;
  const room = Math.floor(windowTokens * transcriptShare * charactersPerToken);
  const question = `${instructions}\n\n${transcript(told, room)}`;
  return {
    ...request,
    tools: [],
    system: () => Promise.resolve(system),
    summary: { told: [questionOf(request.runId, question)], ...(keeps !== undefined && { keeps }) },
  };
}

/** The user's words when the run has only failed at them so far. */
function lastQuestion(messages: Message[], runId: string): string | undefined {
  const own = messages.filter((message) => message.runId === runId);
  const hasWork = own.some(({ role, outcome }) => role === "assistant" && outcome === "done");
  return hasWork ? undefined : own.findLast(({ role }) => role === "user")?.id;
}

function before(messages: Message[], id: string): Message[] {
  return messages.slice(
    0,
    messages.findIndex((message) => message.id === id),
  );
}

function questionOf(runId: string, text: string): Message {
  const part = { type: "text" as const, id: newId(), text };
  return { id: newId(), runId, role: "user", parts: [part], createdAt: Date.now() };
}

const system =
  "You sum up conversations between a person and an agent that works with tools, for the agent itself: it will remember nothing else.";
const instructions = `Sum up the conversation below so that the work can go on from your words alone. Say, as far as it is there:
- what the person wants, in their own words where these matter, and what they ruled out;
- what was done and found out: files by their paths, commands, decisions and their reasons, errors and how they were dealt with;
- what was interrupted or stopped, by whom, and in which state it was left;
- where things stand now, and what was to come next.
Answer with the summary alone. Use no tools.

The conversation:`;
