/** Tokens and money. */

/** How services price tokens. The kinds do not overlap: `input` is what was neither read from a cache nor written to one. */
export const tokenKinds = ["input", "cacheRead", "cacheWrite", "output"] as const;

export type TokenKind = (typeof tokenKinds)[number];

/** US dollars for each kind. */
export type Costs = Record<TokenKind, number>;

/**
 * Token counts. `estimated`: the provider sent no final count (a stop loses it) or one that cannot be true, or has other
 * prices for a part: for the service tier that was chosen, or for another model that took part.
 */
export interface Usage {
  /** All of the input: what was read from the service's cache and what was written to it are in it. */
  inputTokens: number;
  /** Of the input; absent where the service counts none. */
  cacheReadTokens?: number;
  cacheWriteTokens?: number;
  /** Reasoning included. */
  outputTokens: number;
  estimated: boolean;
  /** US dollars: what the service says, else by the known prices; absent when nothing is known. */
  costUsd?: number;
  /** What of `costUsd` was reckoned by prices; absent where the service said the cost, and in what an older version wrote. */
  costs?: Costs;
  /** Input and output of requests to models without a known price: `costUsd` is without them. */
  unpricedTokens?: number;
  /** Of an answer whose earlier attempts failed and were charged, which are in the counts: its last attempt alone. */
  lastAttempt?: { inputTokens: number; outputTokens: number };
}

export const noUsage: Usage = { inputTokens: 0, outputTokens: 0, estimated: false };

/** The sum of two counts. It is an estimate if either is; its cost is known only as far as either's is. */
export function addUsage(a: Usage, b: Usage): Usage {
  const sum: Usage = {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    estimated: a.estimated || b.estimated,
  };
  for (const key of ["cacheReadTokens", "cacheWriteTokens", "costUsd", "unpricedTokens"] as const)
    if (a[key] !== undefined || b[key] !== undefined) sum[key] = (a[key] ?? 0) + (b[key] ?? 0);
  const costs = [a.costs, b.costs].filter((one) => one !== undefined);
  if (costs.length > 0) sum.costs = costs.reduce(addCosts);
  return sum;
}

function addCosts(a: Costs, b: Costs): Costs {
  return Object.fromEntries(tokenKinds.map((kind) => [kind, a[kind] + b[kind]])) as Costs;
}
