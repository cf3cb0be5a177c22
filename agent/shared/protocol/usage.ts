/** Tokens and money. */

/** Token counts. `estimated`: the provider sent no final count (a stop loses it). `costUsd` only where the price is known. */
export interface Usage {
  inputTokens: number;
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
  if (a.costUsd !== undefined || b.costUsd !== undefined)
    sum.costUsd = (a.costUsd ?? 0) + (b.costUsd ?? 0);
  return sum;
}
