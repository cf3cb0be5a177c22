/** What is read of each event of the Messages API, and how its tokens are counted. */
import { z } from "zod";
import { defined } from "../../../shared/defined";
import type { ModelEvent } from "../provider";

const text = z.string().nullish().catch(undefined);
/** Some gateways leave it out where there is only one. */
const index = z.int().min(0).optional();
/** A string; some gateways send the object itself. */
const json = z.union([z.string(), z.looseObject({})]).nullish();

/** With all its fields: what Rein does not handle goes back as it came. */
const contentBlock = z.looseObject({
  type: z.string(),
  id: z.string().nullish(),
  name: z.string().nullish(),
  text: z.string().nullish(),
  thinking: z.string().nullish(),
  signature: z.string().nullish(),
  data: z.string().nullish(),
});
const blockDelta = z.object({
  type: z.string(),
  text: z.string().optional(),
  thinking: z.string().optional(),
  partial_json: json,
  signature: z.string().optional(),
  citation: z.looseObject({}).nullish().catch(undefined),
  content: text,
});

const count = z.number().optional().catch(undefined);
const kinds = z.object({
  input_tokens: count,
  cache_read_input_tokens: count,
  cache_creation_input_tokens: count,
  cache_creation: z
    .object({ ephemeral_5m_input_tokens: count, ephemeral_1h_input_tokens: count })
    .nullish()
    .catch(undefined),
  output_tokens: count,
});
/** `iterations`: the requests within one, where the service ran tools, another model or a summary of its own. */
const iteration = kinds.extend({ type: text });
const usage = kinds.extend({ iterations: z.array(iteration).nullish().catch(undefined) }).catch({});
/** Those that another model answered: for advice, or in the place of one that declined. */
const ofOtherModels = new Set(["advisor_message", "fallback_message"]);

const ending = {
  stop_reason: z.string().nullish(),
  stop_details: z.object({ category: text, explanation: text }).nullish().catch(undefined),
};

export const events = {
  /** Its content is empty, but for a call that the service's own code made: that comes whole. */
  message_start: z.object({
    message: z.object({
      usage,
      content: z.array(contentBlock).nullish(),
      ...ending,
    }),
  }),
  content_block_start: z.object({ index, content_block: contentBlock }),
  content_block_delta: z.object({ index, delta: blockDelta }),
  content_block_stop: z.object({ index }),
  message_delta: z.object({
    delta: z.object(ending),
    usage,
  }),
  message_stop: z.object({}),
};

export type ContentBlock = z.output<typeof contentBlock>;
export type BlockDelta = z.output<typeof blockDelta>;
type Kinds = z.output<typeof kinds>;

/** Counts are cumulative: a later one replaces the one before, and what it leaves out stands as it was. */
export class UsageCounter {
  #fresh: number | undefined;
  #read: number | undefined;
  #written: number | undefined;
  #output: number | undefined;
  #hasOtherModel = false;

  add(sent: z.output<typeof usage>): void {
    const all = sent.iterations?.length ? sent.iterations : [sent];
    const fresh = sum(all.map((one) => one.input_tokens));
    const read = sum(all.map((one) => one.cache_read_input_tokens));
    const written = sum(all.map(writtenOf));
    this.#hasOtherModel ||=
      sent.iterations?.some((one) => ofOtherModels.has(one.type ?? "")) ?? false;
    this.#output = sum(all.map((one) => one.output_tokens)) ?? this.#output;
    // Some gateways put zeros into the last count.
    if (!fresh && !read && !written && this.#fresh !== undefined) return;
    this.#fresh = fresh ?? this.#fresh;
    this.#read = read ?? this.#read;
    this.#written = written ?? this.#written;
  }

  /** `input_tokens` leaves out what was read from the cache or written to it. */
  event(): Extract<ModelEvent, { type: "usage" }> {
    return defined({
      type: "usage" as const,
      inputTokens: sum([this.#fresh, this.#read, this.#written]) ?? 0,
      outputTokens: this.#output ?? 0,
      cacheReadTokens: this.#read,
      cacheWriteTokens: this.#written,
      hasOtherModel: this.#hasOtherModel || undefined,
    });
  }
}

function writtenOf({ cache_creation_input_tokens, cache_creation }: Kinds): number | undefined {
  const { ephemeral_5m_input_tokens, ephemeral_1h_input_tokens } = cache_creation ?? {};
  return cache_creation_input_tokens ?? sum([ephemeral_5m_input_tokens, ephemeral_1h_input_tokens]);
}

/** Undefined when nothing was counted. */
function sum(counts: (number | undefined)[]): number | undefined {
  const known = counts.filter((one) => one !== undefined);
  return known.length === 0 ? undefined : known.reduce((total, one) => total + one, 0);
}
