/** Claude through Anthropic's Messages API, thinking included. */
import Anthropic from "@anthropic-ai/sdk";
import type { MessageCreateParamsStreaming } from "@anthropic-ai/sdk/resources/beta/messages/messages";
import { z } from "zod";
import { defined } from "../../../shared/defined";
import type { PartMeta } from "../../../shared/protocol";
import { makeMessages, providerId, thinksBeforeLastCall } from "./anthropic-history";
import { claudeTraits } from "./anthropic-models";
import type { Service } from "../provider-errors";
import type { FinishReason, ModelEvent, ModelRequest, Provider, ProviderConfig } from "../provider";
import { BadAnswerError, validate, validateEvent } from "../bad-answer";
import { enforceContract } from "../contract";
import { fetchFromService } from "../service-fetch";
import { parseInput } from "../call-input";

/** A provider for Anthropic, or for a compatible server at `baseUrl`. */
export function createAnthropic({ apiKey, baseUrl = official }: ProviderConfig): Provider {
  const keyVariable = "ANTHROPIC_API_KEY";
  const service: Service = { name: "Anthropic", baseUrl, apiKey, keyVariable };
  const client = new Anthropic({
    // Without one the SDK would look for credentials in the environment and on the disk.
    apiKey: apiKey ?? "none",
    baseURL: baseUrl,
    maxRetries: 0,
    logLevel: "off",
    fetch: fetchFromService,
  });
  return enforceContract(providerId, service, {
    answer: (request, signal) => readAnswer(client, request, signal),
    models: (signal) => listModels(client, signal),
  });
}

const official = "https://api.anthropic.com";

async function* readAnswer(
  client: Anthropic,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent> {
  // The beta form of the same method: only it types what happens to a thinking block that no longer fits.
  const stream = await client.beta.messages.create(makeBody(request), { signal });
  const blocks = new Map<number, Block>();
  let counted = { inputTokens: 0, outputTokens: 0 };
  let reason: FinishReason | undefined;
  for await (const sent of stream) {
    const event = validateEvent(events, sent);
    switch (event?.type) {
      case "message_start":
        counted = countUsage(event.message.usage, counted);
        break;
      case "content_block_start": {
        // Not earlier: an answer that has written nothing yet can be asked for again.
        if (blocks.size === 0) yield { type: "usage", ...counted };
        const block = new Block(event);
        blocks.set(event.index, block);
        yield* block.start();
        break;
      }
      case "content_block_delta":
        yield* find(blocks, event.index).add(event.delta);
        break;
      case "content_block_stop":
        yield* find(blocks, event.index).end();
        break;
      case "message_delta":
        counted = countUsage(event.usage, counted);
        reason = finishReasons[event.delta.stop_reason ?? ""] ?? reason;
        break;
      case "message_stop":
        yield { type: "usage", ...counted };
        yield { type: "finish", reason: reason ?? "stop" };
    }
  }
}

const finishReasons: Record<string, FinishReason> = {
  end_turn: "stop",
  stop_sequence: "stop",
  pause_turn: "stop",
  tool_use: "tool-calls",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  refusal: "refusal",
};

const count = z.number().optional().catch(undefined);
const usageCounts = z
  .object({
    input_tokens: count,
    cache_creation_input_tokens: count,
    cache_read_input_tokens: count,
    output_tokens: count,
  })
  .catch({});
const index = z.int().min(0);
const text = z.string().optional();

const blockStart = z.object({ type: z.string(), id: text, name: text, data: text });
const blockDelta = z.object({
  type: z.string(),
  text,
  thinking: text,
  partial_json: text,
  signature: text,
});

/** Of each event what is read of it. */
const events = {
  message_start: z.object({ message: z.object({ usage: usageCounts }) }),
  content_block_start: z.object({ index, content_block: blockStart }),
  content_block_delta: z.object({ index, delta: blockDelta }),
  content_block_stop: z.object({ index }),
  message_delta: z.object({
    delta: z.object({ stop_reason: z.string().nullish() }),
    usage: usageCounts,
  }),
  message_stop: z.object({}),
};

type BlockStart = z.output<typeof blockStart>;
type BlockDelta = z.output<typeof blockDelta>;

function find(blocks: Map<number, Block>, at: number): Block {
  const block = blocks.get(at);
  if (block === undefined) throw new BadAnswerError("more of a part that has not begun");
  return block;
}

/** One content block as it comes. Blocks that Rein has not asked for (server tools) yield nothing. */
class Block {
  readonly #key: string;
  readonly #start: BlockStart;
  #json = "";
  #signature = "";

  constructor({ index, content_block }: { index: number; content_block: BlockStart }) {
    this.#key = `block-${index}`;
    this.#start = content_block;
  }

  *start(): Generator<ModelEvent> {
    const start = this.#start;
    const key = this.#key;
    if (start.type === "text") yield { type: "part-start", key, part: "text" };
    else if (start.type === "thinking" || start.type === "redacted_thinking")
      yield { type: "part-start", key, part: "reasoning" };
    else if (start.type === "tool_use") {
      const { id: callId = "", name = "" } = start;
      yield { type: "part-start", key, part: "tool-call", callId, name };
    }
  }

  *add(delta: BlockDelta): Generator<ModelEvent> {
    if (delta.type === "signature_delta") this.#signature += delta.signature ?? "";
    const text = textOf(delta);
    if (text === "" || !isShown(this.#start)) return;
    if (delta.type === "input_json_delta") this.#json += text;
    yield { type: "part-delta", key: this.#key, delta: text };
  }

  *end(): Generator<ModelEvent> {
    const start = this.#start;
    const end = { type: "part-end" as const, key: this.#key };
    if (start.type === "tool_use") yield { ...end, input: parseInput(this.#json) };
    else if (start.type === "redacted_thinking")
      yield { ...end, meta: makeMeta({ redacted: start.data ?? "" }) };
    else if (start.type === "thinking" && this.#signature)
      yield { ...end, meta: makeMeta({ signature: this.#signature }) };
    else if (isShown(start)) yield end;
  }
}

function isShown({ type }: BlockStart): boolean {
  return ["text", "thinking", "redacted_thinking", "tool_use"].includes(type);
}

function textOf(delta: BlockDelta): string {
  if (delta.type === "text_delta") return delta.text ?? "";
  if (delta.type === "thinking_delta") return delta.thinking ?? "";
  if (delta.type === "input_json_delta") return delta.partial_json ?? "";
  return "";
}

function makeMeta(fields: Record<string, string>): PartMeta {
  return { provider: providerId, ...fields };
}

/** Counts are cumulative; what a later event leaves out stands as it was. Cached input is input too. */
function countUsage(
  usage: z.output<typeof usageCounts>,
  before: { inputTokens: number; outputTokens: number },
) {
  const { input_tokens, cache_creation_input_tokens, cache_read_input_tokens } = usage;
  const inputTokens =
    (input_tokens ?? 0) + (cache_creation_input_tokens ?? 0) + (cache_read_input_tokens ?? 0);
  return {
    inputTokens: Math.max(inputTokens, before.inputTokens),
    outputTokens: usage.output_tokens ?? before.outputTokens,
  };
}

const thinkingBudget = 10_000;

function makeBody(request: ModelRequest): MessageCreateParamsStreaming {
  const { model, system, tools } = request;
  const traits = claudeTraits(model);
  const messages = makeMessages(request);
  const body: MessageCreateParamsStreaming = {
    model,
    stream: true,
    max_tokens: traits.maxTokens,
    messages,
    ...(system && {
      system: [{ type: "text", text: system, cache_control: { type: "ephemeral" } }],
    }),
    ...(tools.length > 0 && {
      tools: tools.map(({ name, description, inputSchema }) => ({
        name,
        description,
        input_schema: { ...inputSchema, type: "object" },
      })),
    }),
  };
  // A session that came from another model may hold calls without thinking of Claude's before them.
  if (traits.thinking === "budget" && thinksBeforeLastCall(messages))
    body.thinking = { type: "enabled", budget_tokens: thinkingBudget };
  if (traits.thinking === "adaptive") {
    body.thinking = { type: "adaptive", display: "summarized" };
    if (traits.bindsThinking) {
      // The prompt holds the date and the project's instructions: when they change, earlier thinking is dropped.
      body.thinking.block_binding = { prefix_mismatch_behavior: "drop_block" };
      body.betas = ["thinking-binding-controls-2026-08-01"];
    }
  }
  return body;
}

async function listModels(client: Anthropic, signal: AbortSignal) {
  const { data } = await client.models.list({ limit: 1000 }, { signal });
  const usable = validate(modelList, data).filter(({ lifecycle }) => lifecycle !== "retired");
  return usable.map(({ id, display_name, max_input_tokens }) => {
    return defined({
      provider: providerId,
      id,
      name: display_name || id,
      contextTokens: max_input_tokens || undefined,
    });
  });
}

const modelList = z.array(
  z.object({
    id: z.string(),
    display_name: z.string().catch(""),
    lifecycle: text.catch(undefined),
    max_input_tokens: z.number().nullish().catch(undefined),
  }),
);
