/** What is read of each chunk of a Chat Completions answer. What only describes is left out where it cannot be read. */
import { z } from "zod";
import { validate } from "../bad-answer";

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

/** Throws BadAnswerError for what does not fit. Nearly all are a piece of text, for which the schema costs more than all else. */
export function readChunk(event: unknown): ChatChunk {
  return textChunk(event) ?? validate(chatChunk, event);
}

/** Undefined for an event that has more than one piece of text or reasoning, or anything that is no plain value. */
function textChunk(event: unknown): ChatChunk | undefined {
  if (!isPlain(event, chatChunk, inChunk)) return undefined;
  const { choices } = event;
  if (!Array.isArray(choices) || choices.length !== 1) return undefined;
  const first: unknown = choices[0];
  if (!isPlain(first, choice, inChoice)) return undefined;
  const { delta } = first;
  if (!isPlain(delta, message, inDelta)) return undefined;
  const { content, reasoning, reasoning_content } = delta;
  if (!isText(content) || !isText(reasoning) || !isText(reasoning_content)) return undefined;
  return { choices: [{ delta: { content, reasoning, reasoning_content } }] };
}

const inChunk = new Set(["choices"]);
const inChoice = new Set(["delta"]);
const inDelta = new Set(["content", "reasoning", "reasoning_content"]);

/** More than any service sends; `validate` counts what there is more. */
const mostFields = 50;

/** An object in which nothing but `read` is anything to the schema. */
function isPlain(
  value: unknown,
  { shape }: { shape: object },
  read: ReadonlySet<string>,
): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let left = mostFields;
  for (const key in value) {
    if (--left < 0) return false;
    const field = (value as Record<string, unknown>)[key];
    if (field === null || read.has(key)) continue;
    if (typeof field === "object" || Object.hasOwn(shape, key)) return false;
  }
  return true;
}

function isText(value: unknown): value is string | null | undefined {
  return value === undefined || value === null || typeof value === "string";
}

export type ChatChunk = z.output<typeof chatChunk>;
export type ChatMessage = z.output<typeof message>;
export type CallDelta = z.output<typeof callDelta>;
export type ContentPart = z.output<typeof contentPart>;
export type ChatUsage = NonNullable<z.output<typeof usage>>;
