/** The tokens of a request as each service that speaks Chat Completions counts them. */
import { defined } from "../../../shared/defined";
import type { TokenCounts } from "../provider";
import type { ChatChunk, ChatUsage } from "./chat-chunk";

/** The counts of a chunk; undefined for one that has none. All of the input is in `inputTokens`, and reasoning in `outputTokens`. */
export function usageOf(chunk: ChatChunk): TokenCounts | undefined {
  const usage = chunk.usage ?? chunk.choices?.[0]?.usage ?? chunk.x_groq?.usage;
  if (!usage) return undefined;
  const details = usage.prompt_tokens_details;
  const cacheReadTokens =
    details?.cached_tokens ??
    usage.prompt_cache_hit_tokens ??
    usage.cached_tokens ??
    usage.num_cached_tokens ??
    usage.cache_read_input_tokens ??
    undefined;
  const cacheWriteTokens =
    details?.cache_write_tokens ??
    details?.cache_creation_input_tokens ??
    usage.cache_creation_input_tokens ??
    undefined;
  const cached = (cacheReadTokens ?? 0) + (cacheWriteTokens ?? 0);
  const { prompt_tokens, completion_tokens, total_tokens } = usage;
  // Some gateways count the input as Anthropic does: without what was read from the cache and written to it.
  const isBeside =
    cached > prompt_tokens || total_tokens === prompt_tokens + cached + completion_tokens;
  const inputTokens = prompt_tokens + (isBeside ? cached : 0);
  const outputTokens = completion_tokens + reasoningBeside(usage, inputTokens);
  return defined({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens });
}

/** xAI and Google count reasoning outside of `completion_tokens`: the total tells, and of Google's it alone. */
function reasoningBeside(usage: ChatUsage, inputTokens: number): number {
  const rest = (usage.total_tokens ?? 0) - inputTokens - usage.completion_tokens;
  const named = usage.completion_tokens_details?.reasoning_tokens ?? usage.reasoning_tokens;
  const reasoning = named ?? rest;
  return rest >= reasoning ? Math.max(0, reasoning) : 0;
}
