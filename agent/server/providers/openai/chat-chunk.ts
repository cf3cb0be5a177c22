/** What is read of each chunk of a Chat Completions answer. What only describes is left out where it cannot be read. */
import { z } from "zod";

const text = z.string().nullish();
const count = z.int().min(0).nullish().catch(undefined);
const usd = z.number().nullish().catch(undefined);
const object = z.record(z.string(), z.unknown());
const extra = object.nullish().catch(undefined);

/** Mistral sends these in the place of a text; other services may. */
const contentPart = z.looseObject({ type: z.string() });

const callDelta = z.object({
  index: z.int().nullish(),
  id: text,
  function: z.object({ name: text, arguments: z.union([z.string(), object]).nullish() }).nullish(),
  /** Google: the call's thought signature. */
  extra_content: extra,
});

const list = z.array(object.catch({})).nullish().catch(undefined);

const message = z.object({
  content: z.union([z.string(), z.array(contentPart)]).nullish(),
  refusal: text,
  reasoning_content: text,
  reasoning: text,
  /** OpenRouter: what it needs back of the reasoning, in pieces. */
  reasoning_details: list,
  tool_calls: z.array(callDelta).nullish(),
  extra_content: extra,
  /** OpenRouter: pictures that the model made, and addresses that it cites. */
  images: list,
  annotations: list,
  audio: extra,
  /** Groq: what its own tools did. */
  executed_tools: list,
});

const usage = z
  .object({
    prompt_tokens: z.number(),
    completion_tokens: z.number(),
    total_tokens: count,
    prompt_tokens_details: z
      .object({
        cached_tokens: count,
        /** OpenRouter; Alibaba. */
        cache_write_tokens: count,
        cache_creation_input_tokens: count,
      })
      .nullish()
      .catch(undefined),
    completion_tokens_details: z.object({ reasoning_tokens: count }).nullish().catch(undefined),
    /** DeepSeek; Moonshot; Mistral; gateways to Anthropic. */
    prompt_cache_hit_tokens: count,
    cached_tokens: count,
    num_cached_tokens: count,
    cache_read_input_tokens: count,
    cache_creation_input_tokens: count,
    /** Perplexity. */
    reasoning_tokens: count,
    /** OpenRouter. */
    cost: usd,
    is_byok: z.boolean().nullish().catch(undefined),
    cost_details: z.object({ upstream_inference_cost: usd }).nullish().catch(undefined),
    /** xAI. */
    cost_in_usd_ticks: usd,
  })
  .nullish()
  .catch(undefined);

const choice = z.object({
  delta: message.nullish(),
  /** In an answer that is no stream; some servers end a stream with it. */
  message: message.nullish(),
  finish_reason: text,
  /** Moonshot. */
  usage,
});

export const chatChunk = z.object({
  choices: z.array(choice).nullish(),
  usage,
  /** Groq. */
  x_groq: z.object({ usage }).nullish().catch(undefined),
  /** Perplexity: the addresses that its text numbers. */
  citations: z.array(z.string()).nullish().catch(undefined),
  search_results: list,
});

export type ChatChunk = z.output<typeof chatChunk>;
export type ChatMessage = z.output<typeof message>;
export type CallDelta = z.output<typeof callDelta>;
export type ContentPart = z.output<typeof contentPart>;
export type ChatUsage = NonNullable<z.output<typeof usage>>;
