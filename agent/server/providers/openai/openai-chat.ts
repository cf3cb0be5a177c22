/** Chat Completions: any server that speaks it, on this machine or elsewhere. */
import OpenAI, { AuthenticationError } from "openai";
import type {
  ChatCompletionCreateParamsStreaming,
  ChatCompletionTool,
} from "openai/resources/chat/completions";
import { withoutCredentials } from "../error-words";
import type { Service } from "../provider-errors";
import { ChatAnswer } from "./chat-answer-parts";
import { readChunk } from "./chat-chunk";
import { endOfEvents, readEvents } from "./chat-events";
import { makeMessages } from "./openai-chat-history";
import { listChatModels } from "./openai-chat-models";
import { optionFields } from "./openai-chat-options";
import { makeOpenAIClient } from "./openai-client";
import type { ModelEvent, ModelRequest, Provider, ProviderConfig } from "../provider";
import {
  keyPath,
  rulesFor,
  type ServiceAddress,
  serviceName,
  type ServiceRules,
} from "./service-profiles";
import { enforceContract } from "../contract";
import { markAnswered } from "../exchange";

export interface OpenAIChatOptions extends ProviderConfig {
  /** Tells several servers apart; reasoning goes back only to the one that wrote it. */
  id?: string;
  /** What people call the server, for messages: its own name or its host unless given. */
  name?: string;
}

/** A provider for the server at `baseUrl` (OpenAI's own unless given). Without a key none is sent. */
export function createOpenAIChat(options: OpenAIChatOptions): Provider {
  const { id = "openai-chat", apiKey, keyVariable } = options;
  const baseUrl = options.baseUrl ?? "https://api.openai.com/v1";
  const name = options.name ?? serviceName(id, baseUrl) ?? hostOf(baseUrl);
  const service: Service = { name, baseUrl: withoutCredentials(baseUrl), apiKey, keyVariable };
  const client = makeOpenAIClient({ apiKey, baseUrl });
  return enforceContract(id, service, {
    answer: (request, signal) =>
      readAnswer(client, { id, baseUrl }, rulesFor(id, baseUrl, request.model), request, signal),
    async models(signal) {
      const path = apiKey && keyPath(id, baseUrl);
      const listed = listChatModels(client, id, service, signal);
      const [models] = await Promise.all([listed, path && checkKey(client, path, signal)]);
      return models;
    },
  });
}

/** Rejects when the service refuses the key there. What else fails says nothing of it: a proxy may not have the path. */
async function checkKey(client: OpenAI, path: string, signal: AbortSignal): Promise<void> {
  try {
    await client.get(path, { signal });
  } catch (error) {
    if (error instanceof AuthenticationError) throw error;
  }
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

async function* readAnswer(
  client: OpenAI,
  at: ServiceAddress,
  rules: ServiceRules,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent> {
  const { body } = await client.chat.completions
    .create(makeBody(request, at, rules), { signal, headers: headersFor(request, rules) })
    .asResponse();
  const answer = new ChatAnswer(at.id, rules);
  for await (const event of readEvents(body)) {
    if (event !== endOfEvents) {
      const chunk = readChunk(event);
      if (chunk.choices) markAnswered();
      yield* answer.read(chunk);
    } else {
      yield* answer.end();
      // Whole, it is read to its end, so that the connection can be used again.
      if (!answer.isWhole) return;
    }
  }
}

function makeBody(
  request: ModelRequest,
  at: ServiceAddress,
  rules: ServiceRules,
): ChatCompletionCreateParamsStreaming {
  const { model, system, cacheKey } = request;
  const tools = toolsOf(request, rules);
  return {
    model,
    stream: true,
    ...(rules.asksForUsage && { stream_options: { include_usage: true } }),
    messages: [
      ...(system ? [{ role: "system" as const, content: system }] : []),
      ...makeMessages(request, at.id, rules),
    ],
    ...(rules.cacheKey && "field" in rules.cacheKey && { [rules.cacheKey.field]: cacheKey }),
    ...(rules.cacheControl && { cache_control: rules.cacheControl }),
    ...optionFields(request, at),
    // An empty list is refused.
    ...(tools.length > 0 && { tools }),
  };
}

function toolsOf(
  { tools, searches }: ModelRequest,
  { takesTools, searchTool }: ServiceRules,
): ChatCompletionTool[] {
  if (!takesTools) return [];
  const own = tools.map(({ name, description, inputSchema }) => ({
    type: "function" as const,
    function: { name, description, parameters: inputSchema },
  }));
  // Of a type that only its service knows.
  const search = searches && searchTool ? [searchTool as unknown as ChatCompletionTool] : [];
  return [...own, ...search];
}

function headersFor({ cacheKey }: ModelRequest, rules: ServiceRules): Record<string, string> {
  return rules.cacheKey && "header" in rules.cacheKey ? { [rules.cacheKey.header]: cacheKey } : {};
}
