/** Claude through Anthropic's Messages API, thinking included. */
import Anthropic from "@anthropic-ai/sdk";
import type { Stream } from "@anthropic-ai/sdk/core/streaming";
import type {
  BetaTool,
  BetaWebSearchTool20250305,
  MessageCreateParamsStreaming,
} from "@anthropic-ai/sdk/resources/beta/messages/messages";
import { z } from "zod";
import { defined } from "../../../shared/defined";
import { Blocks } from "./anthropic-blocks";
import { events, UsageCounter } from "./anthropic-events";
import { makeMessages, providerId } from "./anthropic-history";
import { claudeAllows, listedCapabilities, listedEfforts } from "./anthropic-models";
import { optionFields } from "./anthropic-options";
import { withoutCredentials } from "../error-words";
import type { Service } from "../provider-errors";
import { takesOf } from "../listed-takes";
import type {
  FinishReason,
  ModelEvent,
  ModelRequest,
  Provider,
  ProviderConfig,
  ToolSpec,
} from "../provider";
import { bounds } from "../bounds";
import { validate, validateEvent } from "../bad-answer";
import { enforceContract } from "../contract";
import { markAnswered } from "../exchange";
import { officialUrls } from "../official-urls";
import { fetchFromService } from "../service-fetch";

/** A provider for Anthropic, or for a compatible server at `baseUrl`. */
export function createAnthropic({
  apiKey,
  baseUrl = officialUrls.anthropic,
  keyVariable,
}: ProviderConfig): Provider {
  const service: Service = {
    name: "Anthropic",
    baseUrl: withoutCredentials(baseUrl),
    apiKey,
    keyVariable,
  };
  const client = new Anthropic({
    // Without one the SDK would look for credentials in the environment and on the disk.
    apiKey: apiKey ?? "none",
    baseURL: baseUrl,
    maxRetries: 0,
    timeout: bounds.headersMs,
    logLevel: "off",
    fetch: fetchFromService,
  });
  return enforceContract(providerId, service, {
    answer: (request, signal) => readAnswer(client, request, signal),
    models: (signal) => listModels(client, signal),
  });
}

async function* readAnswer(
  client: Anthropic,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent> {
  // Not by `beta.messages.create`, which sends the same, but writes to the console for each request to an older model.
  const { betas, ...body } = makeBody(request);
  const headers = betas && { "anthropic-beta": betas.join(",") };
  const options = { body, headers, stream: true, signal };
  const stream = await client.post<Stream<unknown>>("/v1/messages", options);
  const blocks = new Blocks();
  const usage = new UsageCounter();
  let end: Extract<ModelEvent, { type: "finish" }> | undefined;
  for await (const sent of stream) {
    const event = validateEvent(events, sent);
    if (event !== undefined) markAnswered();
    switch (event?.type) {
      case "message_start":
        usage.add(event.message.usage);
        yield* blocks.restart();
        yield* blocks.whole(event.message.content ?? []);
        end = endOf(event.message) ?? end;
        break;
      case "content_block_start":
        // Not earlier: an answer that has written nothing yet can be asked for again.
        if (blocks.isEmpty) yield usage.event();
        yield* blocks.start(event.index, event.content_block);
        break;
      case "content_block_delta":
        yield* blocks.add(event.index, event.delta);
        break;
      case "content_block_stop":
        yield* blocks.end(event.index);
        break;
      case "message_delta":
        usage.add(event.usage);
        end = endOf(event.delta) ?? end;
        break;
      case "message_stop":
        yield* blocks.close();
        yield usage.event();
        yield end ?? { type: "finish", reason: "stop" };
    }
  }
  // Some gateways leave out `message_stop`. An abort ends the loop too, and then the contract passes nothing on.
  if (end === undefined) return;
  yield* blocks.close();
  yield usage.event();
  yield end;
}

/** The end that a `message_delta` names; undefined when it names none. */
function endOf({ stop_reason, stop_details }: z.output<typeof events.message_delta>["delta"]) {
  const reason = finishReasons[stop_reason ?? ""];
  const { category, explanation } = stop_details ?? {};
  const detail = [explanation, category && `(${category})`].filter(Boolean).join(" ") || undefined;
  return reason && defined({ type: "finish" as const, reason, detail });
}

const finishReasons: Record<string, FinishReason> = {
  end_turn: "stop",
  stop_sequence: "stop",
  pause_turn: "pause",
  compaction: "pause",
  tool_use: "tool-calls",
  max_tokens: "length",
  model_context_window_exceeded: "context-full",
  refusal: "refusal",
};

function makeBody(request: ModelRequest): MessageCreateParamsStreaming {
  const { model, system, tools: own, searches } = request;
  const tools = [...own.map(makeTool), ...(searches ? [webSearch] : [])];
  return {
    model,
    stream: true,
    ...optionFields(request, makeMessages(request)),
    ...(system && {
      system: [{ type: "text", text: system, cache_control: { type: "ephemeral" } }],
    }),
    ...(tools.length > 0 && { tools }),
  };
}

function makeTool(
  { name, description, inputSchema }: ToolSpec,
  at: number,
  { length }: ToolSpec[],
): BetaTool {
  return {
    name,
    description,
    input_schema: { ...inputSchema, type: "object" },
    ...(at === length - 1 && { cache_control: { type: "ephemeral" } }),
  };
}

/** Its results come as blocks of the answer. Newer forms of it run code for the model, too. */
const webSearch: BetaWebSearchTool20250305 = {
  type: "web_search_20250305",
  name: "web_search",
  max_uses: 8,
};

async function listModels(client: Anthropic, signal: AbortSignal) {
  const { data } = await client.models.list({ limit: 1000 }, { signal });
  const usable = validate(modelList, data).filter(({ lifecycle }) => lifecycle !== "retired");
  return usable.map(({ id, display_name, max_input_tokens, max_tokens, capabilities }) => {
    const listed = {
      maxOutputTokens: max_tokens || undefined,
      efforts: listedEfforts(listedCapabilities.parse(capabilities)),
    };
    return defined({
      provider: providerId,
      id,
      name: display_name || id,
      contextTokens: max_input_tokens || undefined,
      takes: takesOf({ capabilities }),
      allows: claudeAllows(id, defined(listed)),
    });
  });
}

const modelList = z.array(
  z.object({
    id: z.string(),
    display_name: z.string().catch(""),
    lifecycle: z.string().optional().catch(undefined),
    max_input_tokens: z.number().nullish().catch(undefined),
    max_tokens: z.number().nullish().catch(undefined),
    capabilities: z.unknown().optional(),
  }),
);
