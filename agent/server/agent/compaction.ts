/** Summing up a conversation that has nearly filled its model's window: when it is due, and what the model is asked. */
import { type ErrorInfo, type Message, noUsage, type PlanEntry } from "../../shared/protocol";
import { defined } from "../../shared/defined";
import { charactersPerToken, estimateTokens } from "../../shared/estimate-tokens";
import { isOpen } from "../../shared/shown-steps";
import { instructions, messagesForModel } from "../../shared/summary";
import { estimateFiles, modelTextsOf } from "./token-estimate";
import { userMessage } from "./user-message";
import { transcript } from "./transcript";
import type { TurnRequest } from "./turn-types";

/** Beyond this share of the window the next answer may not fit. */
const fullShare = 0.8;
/** The share of the window for the text that is to be summed up. */
const transcriptShare = 0.6;
const unknownWindowTokens = 32_000;

/**
 * Whether the conversation is to be summed up before the next request: there is something to sum up, and the request would
 * nearly fill the window. An unknown window is never full. After the user took a summary back, everything is sent for as
 * long as the service accepts it. `freedTokens`: what the last count has and is no longer sent.
 */
export function isSummaryDue(request: TurnRequest, freedTokens: number): boolean {
  const windowTokens = request.info()?.contextTokens;
  const messages = request.messages();
  if (windowTokens === undefined || !canSumUp(messages)) return false;
  const last = messagesForModel(messages).findLast(({ summary }) => summary);
  const isUnwanted = last?.summary?.undoneAt !== undefined;
  return !isUnwanted && nextRequestTokens(messages) - freedTokens > windowTokens * fullShare;
}

/** What the next request would hold: what was counted last, and an estimate of what has come since. */
export function nextRequestTokens(messages: Message[]): number {
  const sent = messagesForModel(messages);
  const at = lastCounted(sent);
  const { usage = noUsage, parts = [] } = sent[at] ?? {};
  // The text of that answer was counted with it, but not the output of its tools.
  const outputs = parts.map((part) => (part.type === "tool-call" ? part.output : ""));
  const since = sent.slice(at + 1).flatMap((message) => message.parts);
  const texts = [...outputs, ...since.flatMap(modelTextsOf)];
  const files = estimateFiles([...parts, ...since]);
  const uncounted = estimateTokens(texts.join(" ")) + files;
  const { inputTokens, outputTokens } = usage.lastAttempt ?? usage;
  return inputTokens + outputTokens + uncounted;
}

/** The last answer to a request that held all of this: requests after a summary that was taken back held less. */
function lastCounted(sent: Message[]): number {
  const undone = sent.findIndex(({ summary }) => summary?.undoneAt !== undefined);
  return sent
    .slice(0, undone === -1 ? undefined : undone)
    .findLastIndex(({ usage = noUsage, summary }) => {
      const { inputTokens } = usage.lastAttempt ?? usage;
      return inputTokens > 0 && !summary;
    });
}

export const nothingToSumUp = {
  code: "nothing",
  message: "There is nothing to summarize: the model has done nothing (since the last summary).",
} as const satisfies ErrorInfo;

export function canSumUp(messages: Message[]): boolean {
  return messagesForModel(messages).some(isWork);
}

/**
 * The request whose answer is the summary. The user's last message stays as it is while it is unanswered; in the middle of
 * a run everything is summed up. `share`: of the room for the text, less when the service found it too long. Undefined when
 * there is nothing to sum up.
 */
export function summaryRequest(request: TurnRequest, share: number): TurnRequest | undefined {
  const sent = messagesForModel(request.messages());
  const answered = sent.findLastIndex(isWork);
  if (answered === -1) return undefined;
  const keeps = sent.findIndex(({ role }, index) => index > answered && role === "user");
  const windowTokens = request.info()?.contextTokens ?? unknownWindowTokens;
  const room = Math.floor(windowTokens * transcriptShare * charactersPerToken * share);
  const text = transcript(keeps === -1 ? sent : sent.slice(0, keeps), room);
  return {
    ...request,
    tools: () => [],
    // Of a summary that ends at the limit the rest would be forgotten.
    options: () => defined({ ...request.options(), maxOutputTokens: undefined }),
    system: () => Promise.resolve(system),
    summary: {
      messages: [userMessage(request.runId, `${instructions}\n\n${text}`)],
      ...defined({ keeps: sent[keeps]?.id, todo: openTodo(request) }),
    },
  };
}

/** Undefined when nothing of it is to do. */
function openTodo(request: TurnRequest): PlanEntry[] | undefined {
  const entries = [...(request.todo?.() ?? [])];
  return entries.some(isOpen) ? entries : undefined;
}

/** An answer in which the model wrote or did something. */
function isWork({ role, parts }: Message): boolean {
  return role === "assistant" && parts.some(({ type }) => type !== "interruption");
}

const system =
  "You sum up conversations between a person and an agent that works with tools, for the agent itself: it will remember nothing else.";
