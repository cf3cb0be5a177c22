/** Estimates tokens where the provider did not count: its count comes at the end of an answer, and a stop loses it. */
import { addUsage, type Message, noUsage, type Part, type Usage } from "../../shared/protocol";
import { filesOfPart } from "../../shared/message-parts";
import { priced } from "../../shared/cost";
import { messagesForModel } from "../../shared/summary";
import { defined } from "../../shared/defined";
import type { Turn, TurnRequest } from "./turn-types";

type Priced = Pick<TurnRequest, "info">;
type Written = Pick<Message, "parts">;

/** About four characters make a token in English text and code. */
export const charactersPerToken = 4;

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

function usageOfAttempt(request: Priced, answer: Written, turn: Turn): Usage {
  const { inputTokens = 0, outputTokens = 0, cacheReadTokens, cacheWriteTokens } = turn.counted;
  const { costUsd, hasOtherModel } = turn.counted;
  const written = estimateTokens(lengthOf(answer));
  const isOver = turn.finish !== undefined;
  const isCounted = isOver && inputTokens > 0 && isTrueOutput(outputTokens, written);
  const usage: Usage = isCounted
    ? { inputTokens, outputTokens, estimated: false }
    : {
        inputTokens: inputTokens || (turn.requestTokens ??= estimateRequest(turn)),
        outputTokens: Math.max(outputTokens, written),
        estimated: true,
      };
  Object.assign(usage, defined({ cacheReadTokens, cacheWriteTokens }));
  // Its service's own word, whatever the prices are. An answer that was not finished may have cost more by its end; a
  // service that says zero tokens and no cost has counted nothing.
  const isCostSaid = isOver && costUsd !== undefined && (isCounted || costUsd > 0);
  if (isCostSaid) return { ...usage, costUsd };
  // The prices are those of this model's standard tier.
  const isStandard = standardTiers.has(turn.request.options.serviceTier);
  if (!isStandard || hasOtherModel) usage.estimated = true;
  return priced(usage, request.info()?.price);
}

const standardTiers = new Set([undefined, "auto", "default", "standard", "standard_only"]);

/** Some gateways send zeros, or count one part of an answer. No text has 40 characters a token for long. */
function isTrueOutput(counted: number, estimated: number): boolean {
  return counted === 0 ? estimated === 0 : estimated <= 10 * counted + 1000;
}

/** Of a text, or of its length in characters. */
export function estimateTokens(text: string | number): number {
  return Math.ceil((typeof text === "string" ? text.length : text) / charactersPerToken);
}

/** Without what only people see: diffs, and the messages of subagents. */
function estimateRequest({ request: { system, tools, messages } }: Turn): number {
  const asked = messagesForModel(messages);
  const sent = asked.map(({ note, parts }) => [note, parts.map(modelTextsOf)]);
  const files = estimateFiles(asked.flatMap(({ parts }) => parts));
  return estimateTokens(JSON.stringify([system, tools, sent])) + files;
}

/** A picture is about 1,500 tokens on each service; a page of a PDF twice that, and 50 kB or more. */
export function estimateFiles(parts: Part[]): number {
  const tokens = parts
    .flatMap(filesOfPart)
    .map(({ mediaType, bytes }) =>
      mediaType === "application/pdf" ? 3000 + Math.ceil(bytes / 20) : 1500,
    );
  return tokens.reduce((sum, count) => sum + count, 0);
}

export function modelTextsOf(part: Part): string[] {
  if (part.type === "interruption" || part.type === "file" || part.type === "plan") return [];
  if (part.type !== "tool-call") return [part.text];
  return [part.name, part.inputText, part.output, part.error ?? ""];
}

function lengthOf({ parts }: Written): number {
  const lengths = parts.map((part) => {
    if (part.type === "tool-call") return part.inputText.length;
    return part.type === "text" || part.type === "reasoning" ? part.text.length : 0;
  });
  return lengths.reduce((sum, length) => sum + length, 0);
}
