/** Estimates tokens where the provider did not count: its count comes at the end of an answer, and a stop loses it. */
import { addUsage, type Message, noUsage, type Part, type Usage } from "../../shared/protocol";
import { sentOutput } from "../../shared/dropped-output";
import { filesOfPart } from "../../shared/message-parts";
import { estimateTokens } from "../../shared/estimate-tokens";
import { maxTextCharacters } from "../../shared/taken-files";
import { messagesForModel } from "../../shared/summary";
import { usageOfAnswer } from "../providers/answer-usage";
import type { Turn, TurnRequest } from "./turn-types";

type Priced = Pick<TurnRequest, "info">;
type Written = Pick<Message, "parts">;

/**
 * The usage of a turn so far, its attempts that failed included: the provider's own count, and its cost as the provider says
 * it, once it has finished; an estimate until then, and where the count cannot be true.
 */
export function usageOf(request: Priced, answer: Written, turn: Turn): Usage {
  const { earlier } = turn;
  if (!turn.mayBeCharged) return earlier ?? noUsage;
  const own = usageOfAttempt(request, answer, turn);
  if (earlier === undefined) return own;
  const { inputTokens, outputTokens } = own;
  return { ...addUsage(earlier, own), lastAttempt: { inputTokens, outputTokens } };
}

/** An attempt has failed before it wrote anything: what its service has counted of it stays in the turn's usage. */
export function keepCharge(request: TurnRequest, answer: Message, turn: Turn): void {
  if (turn.counted.inputTokens === undefined) return;
  // No more will be said of it.
  const charged = usageOf(request, answer, { ...turn, finish: "error" });
  turn.earlier = { ...charged, estimated: true };
  turn.counted = {};
  turn.mayBeCharged = false;
}

/**
 * Estimates the request while its answer comes, unless the service has counted it already: the end of a long conversation
 * that is stopped would wait for that.
 */
export function estimateAhead(turn: Turn): void {
  if (!turn.counted.inputTokens) turn.requestTokens ??= estimateRequest(turn);
}

function usageOfAttempt(request: Priced, answer: Written, turn: Turn): Usage {
  return usageOfAnswer({
    counted: turn.counted,
    written: estimateTokens(lengthOf(answer)),
    isOver: turn.finish !== undefined,
    requestTokens: () => (turn.requestTokens ??= estimateRequest(turn)),
    serviceTier: turn.request.options.serviceTier,
    price: request.info()?.price,
  });
}

/** Without what only people see: diffs, and the messages of subagents. */
function estimateRequest({ request: { system, tools, messages } }: Turn): number {
  const asked = messagesForModel(messages);
  const sent = asked.map(({ note, parts }) => [note, parts.map(modelTextsOf)]);
  const files = estimateFiles(asked.flatMap(({ parts }) => parts));
  return estimateTokens(JSON.stringify([system, tools, sent])) + files;
}

/** A picture is about 1,500 tokens on each service; a page of a PDF twice that, and 50 kB or more; a text what is sent of it. */
export function estimateFiles(parts: Part[]): number {
  const tokens = parts.flatMap(filesOfPart).map(({ mediaType, bytes }) => {
    if (mediaType === "text/plain") return estimateTokens(Math.min(bytes, maxTextCharacters));
    return mediaType === "application/pdf" ? 3000 + Math.ceil(bytes / 20) : 1500;
  });
  return tokens.reduce((sum, count) => sum + count, 0);
}

export function modelTextsOf(part: Part): string[] {
  if (part.type === "interruption" || part.type === "file" || part.type === "plan") return [];
  if (part.type !== "tool-call") return [part.text];
  return [part.name, part.inputText, sentOutput(part), part.error ?? ""];
}

function lengthOf({ parts }: Written): number {
  const lengths = parts.map((part) => {
    if (part.type === "tool-call") return part.inputText.length;
    return part.type === "text" || part.type === "reasoning" ? part.text.length : 0;
  });
  return lengths.reduce((sum, length) => sum + length, 0);
}
