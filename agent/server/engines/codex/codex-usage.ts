/** What a turn has used, from the totals that Codex counts for each thread. */
import { noUsage, type Usage } from "../../../shared/protocol";
import type { Tokens } from "./codex-wire";

/** What Codex has said of the tokens of a thread. */
export interface CountedThread {
  total?: Tokens;
  /** The total when the turn began; absent: nothing was used before. */
  before?: Tokens | undefined;
}

/** Of all threads together, since the turn began. */
export function usageOf(threads: Iterable<CountedThread>): Usage {
  let sum = noUsage;
  for (const { total, before } of threads) {
    if (total === undefined) continue;
    const used = before ? minus(total, before) : total;
    const cacheReadTokens = (sum.cacheReadTokens ?? 0) + used.cachedInputTokens;
    const cacheWriteTokens = (sum.cacheWriteTokens ?? 0) + used.cacheWriteInputTokens;
    sum = {
      inputTokens: sum.inputTokens + used.inputTokens,
      outputTokens: sum.outputTokens + used.outputTokens,
      ...(cacheReadTokens > 0 && { cacheReadTokens }),
      ...(cacheWriteTokens > 0 && { cacheWriteTokens }),
      estimated: false,
    };
  }
  return sum;
}

/** Never below 0: a thread that is resumed can count anew. */
export function minus(a: Tokens, b: Tokens): Tokens {
  const of = (key: keyof Tokens) => Math.max(0, a[key] - b[key]);
  return {
    totalTokens: of("totalTokens"),
    inputTokens: of("inputTokens"),
    cachedInputTokens: of("cachedInputTokens"),
    cacheWriteInputTokens: of("cacheWriteInputTokens"),
    outputTokens: of("outputTokens"),
  };
}
