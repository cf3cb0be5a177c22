/** Tokens and money in words, for people. What is estimated begins with "~". */
import { sumOf, tokensByKind } from "./cost";
import { tokenKinds, type TokenKind, type Usage } from "./protocol";
import { fixed, languageId, lazyWords, t } from "./translation";

/**
 * "$0.12", or "$0.12 without 3,400 tokens of unknown price". Where room is short, `brief` writes the number of tokens, and
 * it is "$0.12 without 3.4k tokens".
 * Undefined when nothing was used.
 */
export function costWords(
  { costUsd, unpricedTokens = 0, estimated }: Usage,
  brief?: (tokens: number) => string,
): string | undefined {
  if (costUsd === undefined) return unpricedTokens > 0 ? t("price unknown") : undefined;
  const known = `${estimated && costUsd > 0 ? "~" : ""}${dollars(costUsd)}`;
  if (unpricedTokens === 0) return known;
  return brief
    ? t("{cost} without {count} tokens", { cost: known, count: brief(unpricedTokens) })
    : t("{cost} without {count} tokens of unknown price", {
        cost: known,
        count: count(unpricedTokens),
      });
}

/** "82% from cache", of the input; undefined where none was. */
export function cacheWords({ inputTokens, cacheReadTokens = 0 }: Usage): string | undefined {
  if (cacheReadTokens === 0 || inputTokens === 0) return undefined;
  return t("{percent}% from cache", {
    percent: Math.round((cacheReadTokens / inputTokens) * 100),
  });
}

/** In one line: "~12,345 tokens in (82% from cache), 678 out, ~$0.12". */
export function usageWords(usage: Usage): string {
  const { inputTokens, outputTokens, estimated } = usage;
  const about = estimated ? "~" : "";
  const cache = cacheWords(usage);
  const input = t("{count} tokens in", { count: `${about}${count(inputTokens)}` });
  const output = t("{count} out", { count: `${about}${count(outputTokens)}` });
  const pieces = [cache ? `${input} (${cache})` : input, output, costWords(usage)];
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
      const words = t("{kind}: {count} tokens", {
        kind: kindWords[kind],
        count: `${about}${count(tokens[kind])}`,
      });
      return `${words}${cost}`;
    });
  // Of answers whose service says only what they cost as a whole.
  const rest = costs && costUsd !== undefined ? costUsd - sumOf(costs) : 0;
  if (rest > 1e-9) lines.push(t("Not split by kind: {cost}", { cost: `${about}${dollars(rest)}` }));
  if (costUsd !== undefined)
    lines.push(t("Total: {cost}", { cost: `${about}${dollars(costUsd)}` }));
  if (unpricedTokens > 0)
    lines.push(
      t("Not in it: {count} tokens of unknown price (see the settings)", {
        count: count(unpricedTokens),
      }),
    );
  if (estimated)
    lines.push(
      t(
        "~ Estimated: an answer was cut or not counted, or its service tier or another model that took part has other prices",
      ),
    );
  return lines.join("\n");
}

export const kindWords = lazyWords<TokenKind>({
  input: () => t("Input"),
  cacheRead: () => t("Read from cache"),
  cacheWrite: () => t("Written to cache"),
  output: () => t("Output"),
});

/** Small amounts with more digits. */
export function dollars(usd: number): string {
  if (usd === 0) return inDollars(0, 0);
  if (usd < 0.0001) return `<${inDollars(0.0001, 4)}`;
  return inDollars(usd, usd < 0.01 ? 4 : 2);
}

function inDollars(usd: number, digits: number): string {
  return t("${amount}", { amount: fixed(usd, digits) });
}

function count(tokens: number): string {
  return tokens.toLocaleString(languageId());
}
