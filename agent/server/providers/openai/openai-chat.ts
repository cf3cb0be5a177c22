/** Chat Completions: any server that speaks it, on this machine or elsewhere. */
import OpenAI from "openai";
import type { ChatCompletionCreateParamsStreaming } from "openai/resources/chat/completions";
import { z } from "zod";
import { PartAssembler } from "../part-assembler";
import type { Service } from "../provider-errors";
import { makeMessages, type ReasoningFields } from "./openai-chat-history";
import { listChatModels } from "./openai-chat-models";
import { optionFields } from "./openai-chat-options";
import { makeOpenAIClient } from "./openai-client";
import type { FinishReason, ModelEvent, ModelRequest, Provider, ProviderConfig } from "../provider";
import { validate } from "../bad-answer";
import { enforceContract } from "../contract";
import { parseInput } from "../call-input";

export interface OpenAIChatOptions extends ProviderConfig {
  /** Tells several servers apart; reasoning goes back only to the one that wrote it. */
  id?: string;
  /** What people call the server, for messages. */
  name?: string;
  keyVariable?: string;
}

/** A provider for the server at `baseUrl` (OpenAI's own unless given). Without a key none is sent. */
export function createOpenAIChat(options: OpenAIChatOptions): Provider {
  const { id = "openai-chat", name = "The server", apiKey, keyVariable } = options;
  const baseUrl = options.baseUrl ?? "https://api.openai.com/v1";
  const service: Service = { name, baseUrl, apiKey, keyVariable };
  const client = makeOpenAIClient({ apiKey, baseUrl });
  return enforceContract(id, service, {
    answer: (request, signal) => readAnswer(client, { id, baseUrl }, request, signal),
    models: (signal) => listChatModels(client, id, service, signal),
  });
}

async function* readAnswer(
  client: OpenAI,
  at: { id: string; baseUrl: string },
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent> {
  const providerId = at.id;
  const stream = await client.chat.completions.create(makeBody(request, at), { signal });
  const parts = new PartAssembler();
  const calls = new Calls();
  let reason: FinishReason | undefined;
  for await (const sent of stream) {
    const chunk = validate(streamChunk, sent);
    const { usage } = chunk;
    if (usage)
      yield {
        type: "usage",
        inputTokens: usage.prompt_tokens,
        outputTokens: usage.completion_tokens,
      };
    // Azure and others send chunks without a choice; only one was asked for.
    const choice = chunk.choices?.[0];
    if (choice === undefined) continue;
    const { reasoning, text, refusal } = readDelta(choice.delta);
    if (reasoning)
      yield* parts.write("reasoning", reasoning.text, {
        provider: providerId,
        field: reasoning.field,
      });
    yield* parts.write("text", text + refusal);
    if (refusal) reason = "refusal";
    for (const call of choice.delta?.tool_calls ?? []) {
      yield* parts.close();
      yield* calls.write(call);
    }
    if (choice.finish_reason) reason ??= finishReasons[choice.finish_reason] ?? "stop";
  }
  // A server may send its usage after the reason, so the end is reported after the stream.
  if (reason === undefined || signal.aborted) return;
  yield* parts.close();
  if (reason === "stop" || reason === "tool-calls") yield* calls.close();
  yield { type: "finish", reason: reason === "stop" && calls.any ? "tool-calls" : reason };
}

const finishReasons: Record<string, FinishReason> = {
  stop: "stop",
  tool_calls: "tool-calls",
  function_call: "tool-calls",
  length: "length",
  content_filter: "refusal",
};

const text = z.string().nullish();
const callDelta = z.object({
  index: z.int().nullish(),
  id: text,
  function: z.object({ name: text, arguments: text }).nullish(),
});
const streamDelta = z.object({
  content: text,
  refusal: text,
  reasoning_content: text,
  reasoning: text,
  tool_calls: z.array(callDelta).nullish(),
});

/** Of each chunk what is read of it. */
const streamChunk = z.object({
  choices: z.array(z.object({ delta: streamDelta.nullish(), finish_reason: text })).nullish(),
  usage: z
    .object({ prompt_tokens: z.number(), completion_tokens: z.number() })
    .nullish()
    .catch(undefined),
});

type ReasoningField = keyof ReasoningFields;

function readDelta(delta: z.output<typeof streamDelta> | null | undefined) {
  const field: ReasoningField = delta?.reasoning_content ? "reasoning_content" : "reasoning";
  const text = delta?.[field];
  return {
    reasoning: text ? { field, text } : undefined,
    text: delta?.content ?? "",
    refusal: delta?.refusal ?? "",
  };
}

/** The tool calls of one answer. Their inputs are whole only when the server has said that the answer is. */
class Calls {
  readonly #calls: { index: number; id: string; key: string; json: string }[] = [];

  get any(): boolean {
    return this.#calls.length > 0;
  }

  *write(delta: z.output<typeof callDelta>): Generator<ModelEvent> {
    // A server that makes only one call may leave its number out.
    const at = delta.index ?? 0;
    let call = this.#calls.findLast(({ index }) => index === at);
    // Some servers number every parallel call 0: a new id with a name is a new call.
    const another = delta.id && delta.function?.name && call && delta.id !== call.id;
    if (call === undefined || another) {
      const id = delta.id || `call_${crypto.randomUUID()}`;
      call = { index: at, id, key: `call-${this.#calls.length}`, json: "" };
      this.#calls.push(call);
      const name = delta.function?.name ?? "";
      yield { type: "part-start", key: call.key, part: "tool-call", callId: id, name };
    }
    const piece = delta.function?.arguments;
    if (!piece) return;
    call.json += piece;
    yield { type: "part-delta", key: call.key, delta: piece };
  }

  *close(): Generator<ModelEvent> {
    for (const { key, json } of this.#calls)
      yield { type: "part-end", key, input: parseInput(json) };
  }
}

function makeBody(
  request: ModelRequest,
  { id: provider, baseUrl }: { id: string; baseUrl: string },
): ChatCompletionCreateParamsStreaming {
  const { model, system, messages, files, tools } = request;
  return {
    model,
    stream: true,
    stream_options: { include_usage: true },
    messages: [
      ...(system ? [{ role: "system" as const, content: system }] : []),
      ...makeMessages(messages, provider, model, files),
    ],
    ...optionFields(request, baseUrl),
    // An empty list is refused.
    ...(tools.length > 0 && {
      tools: tools.map(({ name, description, inputSchema }) => ({
        type: "function" as const,
        function: { name, description, parameters: inputSchema },
      })),
    }),
  };
}
