/** What is read of each event of the Responses API. */
import { z } from "zod";
import { defined } from "../../../shared/defined";
import type { FinishReason, ModelEvent } from "../provider";

const text = z.string().nullish();
/** Some servers leave it out where there is only one item. */
const output_index = z.int().min(0).optional();
/** A string; some servers send the object itself. */
const json = z.union([z.string(), z.looseObject({})]).nullish();

const content = z.looseObject({
  type: z.string(),
  text,
  refusal: text,
  annotations: z.array(z.looseObject({})).nullish().catch([]),
});
const contents = z.array(content).nullish().catch([]);

/** With all its fields: an item that Rein does not handle, and reasoning, go back as they came. */
const outputItem = z.looseObject({
  type: z.string(),
  id: text,
  call_id: text,
  name: text,
  arguments: json,
  phase: text,
});

const count = z.number().optional().catch(undefined);
export const usage = z
  .object({
    input_tokens: z.number(),
    output_tokens: z.number(),
    input_tokens_details: z
      .object({ cached_tokens: count, cache_write_tokens: count })
      .nullish()
      .catch(undefined),
  })
  .nullish()
  .catch(undefined);
const response = z.object({
  status: text,
  incomplete_details: z.object({ reason: text }).nullish(),
  output: z.array(outputItem),
  usage,
});

const delta = z.object({ output_index, delta: z.string() });
const done = z.object({ output_index, text, refusal: text, arguments: json });
const item = z.object({ output_index, item: outputItem });
const end = z.object({ response });
const failure = z.object({ code: text.catch(null), message: text.catch(null) });

export const events = {
  "response.created": z.object({}),
  "response.output_item.added": item,
  "response.reasoning_summary_part.added": z.object({ output_index, summary_index: z.int() }),
  "response.refusal.delta": delta,
  "response.output_text.delta": delta,
  "response.reasoning_text.delta": delta,
  "response.reasoning_summary_text.delta": delta,
  "response.function_call_arguments.delta": delta,
  "response.refusal.done": done,
  "response.output_text.done": done,
  "response.reasoning_text.done": done,
  "response.reasoning_summary_text.done": done,
  "response.function_call_arguments.done": done,
  "response.output_item.done": item,
  "response.failed": z.object({
    response: z.object({ error: failure.nullish().catch(null) }),
  }),
  "response.completed": end,
  "response.incomplete": end,
};

export type OutputItem = z.output<typeof outputItem>;
export type Response = z.output<typeof response>;

/** The texts of a message or of reasoning, as its item repeats them. */
export function textOf(item: OutputItem): string {
  const given = item.type === "reasoning" ? (item["summary"] ?? item["content"]) : item["content"];
  return (contents.parse(given) ?? [])
    .map((one) => one.text ?? one.refusal ?? "")
    .join(item.type === "reasoning" ? "\n\n" : "");
}

/** The citations of a message as they came; none of another item. */
export function citationsOf(item: OutputItem): object[] {
  return (contents.parse(item["content"]) ?? []).flatMap((one) => one.annotations ?? []);
}

/** Yields one event, or none where the service counted nothing. */
export function* countUsage({
  usage,
}: Pick<Response, "usage">): Generator<Extract<ModelEvent, { type: "usage" }>> {
  if (!usage) return;
  yield defined({
    type: "usage" as const,
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens,
    cacheReadTokens: usage.input_tokens_details?.cached_tokens,
    cacheWriteTokens: usage.input_tokens_details?.cache_write_tokens,
  });
}

/** Why a response ended. `hasCall`: it calls a function. Unless the filter cut it, one that is incomplete was too long. */
export function reasonOf(
  { status, incomplete_details, output }: Response,
  hasCall: boolean,
): FinishReason {
  if (status === "incomplete")
    return incomplete_details?.reason === "content_filter" ? "content-filter" : "length";
  if (hasCall) return "tool-calls";
  const all = output.flatMap((item) =>
    item.type === "message" ? (contents.parse(item["content"]) ?? []) : [],
  );
  return all.some(({ type }) => type === "refusal") ? "refusal" : "stop";
}
