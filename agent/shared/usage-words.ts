/** Tokens and money in words, for people. What is estimated begins with "~". */
import { sumOf, tokensByKind } from "./cost";
import { tokenKinds, type TokenKind, type Usage } from "./protocol";

/**
 * "$0.12", or "$0.12 without 3,400 tokens of unknown price". Where room is short, `brief` writes the number of tokens, and
 * it is "$0.12 without 3.4k tokens".
 * Undefined when nothing was used.
 */
export function costWords(
  { costUsd, unpricedTokens = 0, estimated }: Usage,
  brief?: (tokens: number) => string,
): string | undefined {
  if (costUsd === undefined) return unpricedTokens > 0 ? "price unknown" : undefined;
  const known = `${estimated && costUsd > 0 ? "~" : ""}${dollars(costUsd)}`;
  if (unpricedTokens === 0) return known;
  return brief
    ? `${known} without ${brief(unpricedTokens)} tokens`
    : `${known} without ${count(unpricedTokens)} tokens of unknown price`;
}

/** "82% from cache", of the input; undefined where none was. */
export function cacheWords({ inputTokens, cacheReadTokens = 0 }: Usage): string | undefined {
  if (cacheReadTokens === 0 || inputTokens === 0) return undefined;
  return `${Math.round((cacheReadTokens / inputTokens) * 100)}% from cache`;
}

/** In one line: "~12,345 tokens in (82% from cache), 678 out, ~$0.12". */
export function usageWords(usage: Usage): string {
  const { inputTokens, outputTokens, estimated } = usage;
  const about = estimated ? "~" : "";
  const cache = cacheWords(usage);
  const input = `${about}${count(inputTokens)} tokens in${cache ? ` (${cache})` : ""}`;
  const pieces = [input, `${about}${count(outputTokens)} out`, costWords(usage)];
  return pieces.filter((piece) => piece !== undefined).join(", ");
}

/** Each kind of token with its cost, where it is known, on lines of their own. */
export function usageDetails(usage: Usage): string {
  const { costs, costUsd, unpricedTokens = 0, estimated } = usage;
  const about = estimated ? "~" : "";
  const tokens = tokensByKind(usage);
  const lines = tokenKinds
    .filter((kind) => tokens[kind] > 0 || kind === "input" || kind === "output")
    .map((kind) => {
      const cost = costs === undefined ? "" : `, ${dollars(costs[kind])}`;
      return `${kindWords[kind]}: ${about}${count(tokens[kind])} tokens${cost}`;
    });
  // Of answers whose service says only what they cost as a whole.
  const rest = costs && costUsd !== undefined ? costUsd - sumOf(costs) : 0;
  if (rest > 1e-9) lines.push(`Not split by kind: ${about}${dollars(rest)}`);
  if (costUsd !== undefined) lines.push(`Total: ${about}${dollars(costUsd)}`);
  if (unpricedTokens > 0)
    lines.push(`Not in it: ${count(unpricedTokens)} tokens of unknown price (see the settings)`);
  if (estimated)
    lines.push(
      "~ Estimated: an answer was cut or not counted, or its service tier or another model that took part has other prices",
    );
  return lines.join("\n");
}

export const kindWords: Record<TokenKind, string> = {
  input: "Input",
  cacheRead: "Read from cache",
  cacheWrite: "Written to cache",
  output: "Output",
};

/** Small amounts with more digits. */
export function dollars(usd: number): string {
  if (usd === 0) return "$0";
  if (usd < 0.0001) return "<$0.0001";
  return usd < 0.01 ? `$${usd.toFixed(4)}` : `$${usd.toFixed(2)}`;
}

function count(tokens: number): string {
  return tokens.toLocaleString("en");
}
