/** What tokens cost: the one place that multiplies them with a price. */
import { tokenKinds } from "./protocol";
import type { Costs, ModelPrice, Rates, TokenKind, Usage } from "./protocol";

type TokenCounts = Pick<
  Usage,
  "inputTokens" | "outputTokens" | "cacheReadTokens" | "cacheWriteTokens"
>;

/** Tokens by kind. Services count what comes from a cache in the input; here it is not in it. */
export function tokensByKind(counts: TokenCounts): Record<TokenKind, number> {
  const { inputTokens, outputTokens: output } = counts;
  const { cacheReadTokens: cacheRead = 0, cacheWriteTokens: cacheWrite = 0 } = counts;
  return {
    input: Math.max(0, inputTokens - cacheRead - cacheWrite),
    cacheRead,
    cacheWrite,
    output,
  };
}

/** US dollars for one request; what it costs besides its tokens is part of its input. Where a price names no rate for the cache, its tokens cost what input costs. */
function costOf(counts: TokenCounts, price: ModelPrice): Costs {
  const { input, output, cacheRead = input, cacheWrite = input } = ratesAt(counts, price);
  const tokens = tokensByKind(counts);
  return {
    input: (tokens.input * input) / 1e6 + (price.request ?? 0),
    cacheRead: (tokens.cacheRead * cacheRead) / 1e6,
    cacheWrite: (tokens.cacheWrite * cacheWrite) / 1e6,
    output: (tokens.output * output) / 1e6,
  };
}

/** A longer input makes the whole request dearer, its output too (Gemini above 200,000 tokens, GPT-5.4 above 272,000). */
function ratesAt({ inputTokens }: TokenCounts, price: ModelPrice): Rates {
  return price.tiers?.findLast(({ above }) => inputTokens > above) ?? price;
}

/** The usage with its cost; without a price, its tokens are counted as unpriced. */
export function priced(usage: Usage, price: ModelPrice | undefined): Usage {
  if (price === undefined)
    return { ...usage, unpricedTokens: usage.inputTokens + usage.outputTokens };
  const costs = costOf(usage, price);
  return { ...usage, costUsd: sumOf(costs), costs };
}

/** US dollars for all kinds together. */
export function sumOf(costs: Costs): number {
  return tokenKinds.reduce((sum, kind) => sum + costs[kind], 0);
}

/** As people and spreadsheets read it: sums of binary fractions have long tails. */
export function roundedUsd(usd: number | undefined): number | undefined {
  return usd === undefined ? undefined : Number(usd.toFixed(6));
}

/**
 * A limit in dollars counts tokens without a known price at this, in US dollars for a million: more than the input of
 * nearly every model costs, so that the limit comes early rather than never.
 */
export const unpricedUsdPerMillion = 10;

/** What a limit in dollars counts. */
export function limitedUsd({
  costUsd = 0,
  unpricedTokens = 0,
}: Pick<Usage, "costUsd" | "unpricedTokens">): number {
  return costUsd + (unpricedTokens * unpricedUsdPerMillion) / 1e6;
}
