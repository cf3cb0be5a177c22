/** OpenAI through the Responses API, reasoning items included; nothing is stored there. */
import { APIError, BadRequestError, type OpenAI } from "openai";
import type {
  FunctionTool,
  ResponseCreateParamsStreaming,
  ResponseStreamEvent,
} from "openai/resources/responses/responses";
import { z } from "zod";
import { defined } from "../../../shared/defined";
import { takenOptions } from "../../../shared/model-options";
import { withoutCredentials } from "../error-words";
import { askedWithout, type Service } from "../provider-errors";
import { makeOpenAIClient } from "./openai-client";
import { countUsage, events, reasonOf } from "./openai-events";
import { makeInput, providerId } from "./openai-history";
import { Items, jsonOf } from "./openai-items";
import { readModelList } from "./openai-model-list";
import { effortNames, openaiAllows, reasons } from "./openai-models";
import type { ModelEvent, ModelRequest, Provider, ProviderConfig, ToolSpec } from "../provider";
import { officialUrls } from "../official-urls";
import { validateEvent } from "../bad-answer";
import { enforceContract } from "../contract";
import { markAnswered } from "../exchange";

/** A provider for OpenAI, or for a server at `baseUrl` that speaks the Responses API. */
export function createOpenAI({
  apiKey,
  baseUrl = officialUrls.openai,
  keyVariable,
}: ProviderConfig): Provider {
  const service: Service = {
    name: "OpenAI",
    baseUrl: withoutCredentials(baseUrl),
    apiKey,
    keyVariable,
  };
  const client = makeOpenAIClient({ apiKey, baseUrl });
  const modelsWithoutSummaries = new Set<string>();
  return enforceContract(providerId, service, {
    answer: (request, signal) => readAnswer(client, modelsWithoutSummaries, request, signal),
    models: (signal) => listModels(client, service, signal),
  });
}

async function* readAnswer(
  client: OpenAI,
  modelsWithoutSummaries: Set<string>,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent> {
  const items = new Items();
  for await (const sent of await ask(client, modelsWithoutSummaries, request, signal)) {
    const event = validateEvent(events, sent);
    if (event !== undefined) markAnswered();
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
      case "response.refusal.done":
      case "response.output_text.done":
      case "response.reasoning_text.done":
      case "response.reasoning_summary_text.done":
      case "response.function_call_arguments.done":
        yield* items.fill(
          event.output_index,
          event.text ?? event.refusal ?? jsonOf(event.arguments),
        );
        break;
      case "response.output_item.done":
        yield* items.end(event.output_index, event.item);
        break;
      case "response.failed":
        throw failureOf(event.response);
      case "response.completed":
      case "response.incomplete":
        yield* items.close(event.response.output);
        yield* countUsage(event.response);
        yield { type: "finish", reason: reasonOf(event.response, items.hasCall) };
    }
  }
}

/**
 * Summaries of reasoning need an organization that OpenAI has verified. The models that have refused them are
 * not asked for them again.
 */
async function ask(
  client: OpenAI,
  modelsWithoutSummaries: Set<string>,
  request: ModelRequest,
  signal: AbortSignal,
): Promise<AsyncIterable<ResponseStreamEvent>> {
  const { model } = request;
  const body = makeBody(request);
  if (modelsWithoutSummaries.has(model) && body.reasoning) delete body.reasoning.summary;
  try {
    return await client.responses.create(body, { signal });
  } catch (error) {
    const unverified = error instanceof BadRequestError && /reasoning.summar/i.test(error.message);
    if (!unverified || !body.reasoning?.summary) throw error;
    modelsWithoutSummaries.add(model);
    throw askedWithout("OpenAI shows no summary of its reasoning to this account.", error);
  }
}

function failureOf({ error }: z.output<(typeof events)["response.failed"]>["response"]): Error {
  const message = error?.message ?? "The response failed.";
  return new APIError(undefined, error ?? {}, message, undefined);
}

function makeBody(request: ModelRequest): ResponseCreateParamsStreaming {
  const { model, system, messages, files, cacheKey, searches } = request;
  const tools = [
    ...request.tools.map(makeTool),
    ...(searches ? [{ type: "web_search" as const }] : []),
  ];
  return {
    model,
    stream: true,
    store: false,
    // Requests with the same key go to the machines that have their beginning in the cache.
    prompt_cache_key: cacheKey.slice(0, cacheKeyCharacters),
    ...(system && { instructions: system }),
    input: makeInput(messages, model, files),
    ...optionFields(request),
    ...(tools.length > 0 && { tools }),
  };
}

function makeTool({ name, description, inputSchema }: ToolSpec): FunctionTool {
  return { type: "function", name, description, parameters: inputSchema, strict: false };
}

/** More are refused. */
const cacheKeyCharacters = 64;

/** What was chosen, as far as the model is known to take it. */
function optionFields({ model, options: chosen }: ModelRequest) {
  const { options } = takenOptions(chosen, openaiAllows(model));
  const { effort, temperature, maxOutputTokens, serviceTier } = options;
  return {
    ...defined({
      temperature,
      max_output_tokens: maxOutputTokens,
      service_tier: serviceTier as "default" | undefined,
    }),
    // Models that do not reason refuse both.
    ...((reasons(model) || effort !== undefined) && {
      reasoning: { summary: "auto" as const, ...(effort && { effort: effortNames[effort] }) },
      include: ["reasoning.encrypted_content" as const],
    }),
  };
}

/** OpenAI's list names every model that it sells: those for conversations are known by their names. Others list theirs. */
async function listModels(client: OpenAI, service: Service, signal: AbortSignal) {
  const models = await readModelList(client, service, signal);
  const isOfficial = models.some(({ owned_by }) => owned_by === "openai");
  return models
    .filter(({ id }) => !isOfficial || isChatModel(id))
    .map(({ id }) => defined({ provider: providerId, id, name: id, allows: openaiAllows(id) }));
}

function isChatModel(model: string): boolean {
  return (
    /^(gpt-|o\d|codex|chatgpt-)/.test(model) &&
    !/audio|realtime|transcribe|tts|image|search|instruct/.test(model)
  );
}
