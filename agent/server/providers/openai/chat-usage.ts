/** The tokens of a request as each service that speaks Chat Completions counts them, and what it cost where the service says so. */
import { defined } from "../../../shared/defined";
import type { TokenCounts } from "../provider";
import type { ChatChunk, ChatUsage } from "./chat-chunk";

/** How a service says what it has charged for an answer. */
export type SaidCost = keyof typeof usdOf;

/** In US dollars; undefined where it is not said. */
const usdOf = {
  /**
   * OpenRouter: credits, which are dollars. With the user's own key of another service, that one charges for the tokens, and
   * OpenRouter only its fee. Source: its page "Usage Accounting", November 2026.
   */
  credits({ cost, is_byok, cost_details }: ChatUsage): number | undefined {
    if (!is_byok) return cost ?? undefined;
    const charged = cost_details?.upstream_inference_cost;
    const isSaid = charged != null && charged >= 0 && (cost ?? 0) >= 0;
    return isSaid ? (cost ?? 0) + charged : undefined;
  },
  /** xAI: 10^10 are a dollar. Source: its page "Cost Tracking", November 2026. */
  ticks({ cost_in_usd_ticks: ticks }: ChatUsage): number | undefined {
    return ticks == null ? undefined : ticks / 1e10;
  },
};

/** The counts of a chunk; undefined for one that has none. All of the input is in `inputTokens`, and reasoning in `outputTokens`. */
export function usageOf(chunk: ChatChunk, saysCost?: SaidCost): TokenCounts | undefined {
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
  const costUsd = saysCost && usdOf[saysCost](usage);
  return defined({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, costUsd });
}

/** xAI and Google count reasoning outside of `completion_tokens`: the total tells, and of Google's it alone. */
function reasoningBeside(usage: ChatUsage, inputTokens: number): number {
  const rest = (usage.total_tokens ?? 0) - inputTokens - usage.completion_tokens;
  const named = usage.completion_tokens_details?.reasoning_tokens ?? usage.reasoning_tokens;
  const reasoning = named ?? rest;
  return rest >= reasoning ? Math.max(0, reasoning) : 0;
}
