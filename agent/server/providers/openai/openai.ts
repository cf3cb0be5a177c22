/** OpenAI through the Responses API, reasoning items included; nothing is stored there. */
import { APIError, BadRequestError, type OpenAI } from "openai";
import type {
  ResponseCreateParamsStreaming,
  ResponseStreamEvent,
} from "openai/resources/responses/responses";
import { z } from "zod";
import { defined } from "../../../shared/defined";
import type { PartMeta } from "../../../shared/protocol";
import type { Service } from "../provider-errors";
import { makeOpenAIClient } from "./openai-client";
import { makeInput, providerId } from "./openai-history";
import { priceOf } from "../prices";
import type { FinishReason, ModelEvent, ModelRequest, Provider, ProviderConfig } from "../provider";
import { validate, validateEvent } from "../bad-answer";
import { enforceContract } from "../contract";
import { parseInput } from "../call-input";

/** A provider for OpenAI, or for a server at `baseUrl` that speaks the Responses API. */
export function createOpenAI({ apiKey, baseUrl = official }: ProviderConfig): Provider {
  const service: Service = { name: "OpenAI", baseUrl, apiKey, keyVariable: "OPENAI_API_KEY" };
  const client = makeOpenAIClient({ apiKey, baseUrl });
  return enforceContract(providerId, service, {
    answer: (request, signal) => readAnswer(client, request, signal),
    models: (signal) => listModels(client, signal),
  });
}

const official = "https://api.openai.com/v1";

async function* readAnswer(
  client: OpenAI,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent> {
  const items = new Items();
  for await (const sent of await ask(client, request, signal)) {
    const event = validateEvent(events, sent);
    switch (event?.type) {
      case "response.output_item.added":
        yield* items.start(event.output_index, event.item);
        break;
      case "response.reasoning_summary_part.added":
        if (event.summary_index > 0) yield* items.add(event.output_index, "\n\n");
        break;
      case "response.refusal.delta":
      case "response.output_text.delta":
      case "response.reasoning_text.delta":
      case "response.reasoning_summary_text.delta":
      case "response.function_call_arguments.delta":
        yield* items.add(event.output_index, event.delta);
        break;
      case "response.output_item.done":
        yield* items.end(event.output_index, event.item);
        break;
      case "response.failed":
        throw failureOf(event.response);
      case "response.completed":
      case "response.incomplete": {
        const { usage } = event.response;
        if (usage)
          yield {
            type: "usage",
            inputTokens: usage.input_tokens,
            outputTokens: usage.output_tokens,
          };
        yield { type: "finish", reason: reasonOf(event.response) };
      }
    }
  }
}

const text = z.string().optional();
const output_index = z.int();
/** With all its fields: a reasoning item goes back as it came. */
const outputItem = z.looseObject({
  type: z.string(),
  id: text,
  call_id: text,
  name: text,
  arguments: text,
  phase: z.string().nullish(),
});
const response = z.object({
  status: text,
  incomplete_details: z.object({ reason: text }).nullish(),
  output: z.array(
    z.object({
      type: z.string(),
      content: z
        .array(z.object({ type: z.string() }))
        .nullish()
        .catch([]),
    }),
  ),
  usage: z
    .object({ input_tokens: z.number(), output_tokens: z.number() })
    .nullish()
    .catch(undefined),
});
const delta = z.object({ output_index, delta: z.string() });
const item = z.object({ output_index, item: outputItem });
const end = z.object({ response });

/** Of each event what is read of it. */
const events = {
  "response.output_item.added": item,
  "response.reasoning_summary_part.added": z.object({ output_index, summary_index: z.int() }),
  "response.refusal.delta": delta,
  "response.output_text.delta": delta,
  "response.reasoning_text.delta": delta,
  "response.reasoning_summary_text.delta": delta,
  "response.function_call_arguments.delta": delta,
  "response.output_item.done": item,
  "response.failed": z.object({
    response: z.object({
      error: z.object({ code: text, message: text }).partial().nullish().catch(null),
    }),
  }),
  "response.completed": end,
  "response.incomplete": end,
};

type OutputItem = z.output<typeof outputItem>;

/** Summaries of reasoning need an organization that OpenAI has verified; without it, they are not asked for. */
async function ask(
  client: OpenAI,
  request: ModelRequest,
  signal: AbortSignal,
): Promise<AsyncIterable<ResponseStreamEvent>> {
  const body = makeBody(request);
  try {
    return await client.responses.create(body, { signal });
  } catch (error) {
    const unverified = error instanceof BadRequestError && /reasoning.summar/i.test(error.message);
    if (!unverified || body.reasoning === undefined) throw error;
    return client.responses.create({ ...body, reasoning: {} }, { signal });
  }
}

/** The output items of one answer, each a part. Items that Rein has not asked for yield nothing. */
class Items {
  readonly #keys = new Map<number, string>();
  readonly #written = new Set<number>();

  *start(index: number, item: OutputItem): Generator<ModelEvent> {
    const key = `item-${index}`;
    if (item.type === "message") yield { type: "part-start", key, part: "text" };
    else if (item.type === "reasoning") yield { type: "part-start", key, part: "reasoning" };
    else if (item.type === "function_call") {
      const { call_id: callId = "", name = "" } = item;
      yield { type: "part-start", key, part: "tool-call", callId, name };
    } else return;
    this.#keys.set(index, key);
  }

  *add(index: number, delta: string): Generator<ModelEvent> {
    const key = this.#keys.get(index);
    if (key === undefined || delta === "") return;
    this.#written.add(index);
    yield { type: "part-delta", key, delta };
  }

  *end(index: number, item: OutputItem): Generator<ModelEvent> {
    const key = this.#keys.get(index);
    if (key === undefined) return;
    if (item.type === "function_call") {
      // A compatible server may give the input only when it is whole.
      const json = item.arguments ?? "";
      if (!this.#written.has(index)) yield* this.add(index, json);
      const meta = makeMeta({ id: item.id });
      yield { type: "part-end", key, input: parseInput(json), meta };
    } else if (item.type === "message") {
      const { id, phase } = item;
      yield { type: "part-end", key, meta: makeMeta({ id, ...(phase && { phase }) }) };
    } else if (item.type === "reasoning") {
      yield { type: "part-end", key, meta: makeMeta({ item }) };
    }
  }
}

function makeMeta(fields: Record<string, unknown>): PartMeta {
  return { provider: providerId, ...fields };
}

function reasonOf({ status, incomplete_details, output }: z.output<typeof response>): FinishReason {
  if (status === "incomplete")
    return incomplete_details?.reason === "content_filter" ? "refusal" : "length";
  if (output.some((item) => item.type === "function_call")) return "tool-calls";
  const contents = output.flatMap((item) => (item.type === "message" ? (item.content ?? []) : []));
  return contents.some((content) => content.type === "refusal") ? "refusal" : "stop";
}

function failureOf({
  error,
}: {
  error?: (object & { message?: string | undefined }) | null | undefined;
}): Error {
  const message = error?.message ?? "The response failed.";
  return new APIError(undefined, error ?? {}, message, undefined);
}

function makeBody({
  model,
  system,
  messages,
  files,
  tools,
}: ModelRequest): ResponseCreateParamsStreaming {
  return {
    model,
    stream: true,
    store: false,
    ...(system && { instructions: system }),
    input: makeInput(messages, model, files),
    // Models that do not reason refuse both.
    ...(reasons(model) && {
      reasoning: { summary: "auto" as const },
      include: ["reasoning.encrypted_content" as const],
    }),
    ...(tools.length > 0 && {
      tools: tools.map(({ name, description, inputSchema }) => ({
        type: "function" as const,
        name,
        description,
        parameters: inputSchema,
        strict: false,
      })),
    }),
  };
}

function reasons(model: string): boolean {
  return /^(o\d|codex|gpt-([5-9]|\d\d))/.test(model) && !model.includes("chat");
}

/** The list names every model that OpenAI sells: those for conversations are known by their names. */
async function listModels(client: OpenAI, signal: AbortSignal) {
  const { data } = await client.models.list({ signal });
  return validate(modelList, data)
    .filter(({ id }) => isChatModel(id))
    .map(({ id }) => defined({ provider: providerId, id, name: id, price: priceOf(id) }));
}

const modelList = z.array(z.object({ id: z.string() }));

function isChatModel(model: string): boolean {
  return (
    /^(gpt-|o\d|codex|chatgpt-)/.test(model) &&
    !/audio|realtime|transcribe|tts|image|search|instruct/.test(model)
  );
}
