/** Tokens and money. */

/** Token counts. `estimated`: the provider sent no final count (a stop loses it). `costUsd` only where the price is known. */
export interface Usage {
  /** All of the input: what was read from the service's cache and what was written to it are in it. */
  inputTokens: number;
  /** Of the input; absent where the service counts none. */
  cacheReadTokens?: number;
  cacheWriteTokens?: number;
  /** Reasoning included. */
  outputTokens: number;
  estimated: boolean;
  costUsd?: number;
}

export const noUsage: Usage = { inputTokens: 0, outputTokens: 0, estimated: false };

/** The sum of two counts. It is an estimate if either is; its cost is known only as far as either's is. */
export function addUsage(a: Usage, b: Usage): Usage {
  const sum: Usage = {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    estimated: a.estimated || b.estimated,
  };
  for (const key of ["cacheReadTokens", "cacheWriteTokens", "costUsd"] as const)
    if (a[key] !== undefined || b[key] !== undefined) sum[key] = (a[key] ?? 0) + (b[key] ?? 0);
  return sum;
}
