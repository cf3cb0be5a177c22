/** Ollama through its native API: its OpenAI address has no field for the window, and cuts what does not fit without a word. */
import { z } from "zod";
import { defined } from "../../../shared/defined";
import { validate } from "../bad-answer";
import { isUsable, parseInput } from "../call-input";
import { enforceContract } from "../contract";
import { markAnswered } from "../exchange";
import { PartAssembler } from "../part-assembler";
import type { FinishReason, ModelEvent, ModelRequest, Provider, ProviderConfig } from "../provider";
import { withoutCredentials } from "../error-words";
import { askedWithout, type Service } from "../provider-errors";
import { makeOllamaClient, OllamaAPIError, type OllamaClient } from "./ollama-client";
import { makeMessages, providerId } from "./ollama-history";
import { askWindow, listOllamaModels } from "./ollama-models";

/** A provider for the Ollama at `baseUrl` (the one on this machine unless given). Without a key none is sent. */
export function createOllama({ apiKey, baseUrl = usual }: ProviderConfig): Provider {
  const signIn =
    apiKey === undefined
      ? "Sign in on its machine (ollama signin) for a model of its cloud, or enter the key of a proxy in the settings."
      : undefined;
  const service: Service = {
    name: "Ollama",
    baseUrl: withoutCredentials(baseUrl),
    ...defined({ apiKey, signIn }),
  };
  const client = makeOllamaClient(baseUrl, apiKey);
  const modelsWithoutThinking = new Set<string>();
  return enforceContract(providerId, service, {
    answer: (request, signal) => readAnswer(client, modelsWithoutThinking, request, signal),
    models: (signal) => listOllamaModels(client, service, signal),
  });
}

const usual = "http://127.0.0.1:11434";

async function* readAnswer(
  client: OllamaClient,
  modelsWithoutThinking: Set<string>,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent> {
  const window = request.contextTokens ?? (await askWindow(client, request.model, signal));
  const parts = new PartAssembler();
  let calls = 0;
  for await (const sent of ask(client, modelsWithoutThinking, makeBody(request, window), signal)) {
    const { message, error, ...chunk } = validate(streamChunk, sent);
    if (error) throw new OllamaAPIError(error, /busy|overloaded/i.test(error) ? 503 : 500);
    if (message) markAnswered();
    yield* parts.write("reasoning", message?.thinking ?? "", { provider: providerId });
    yield* parts.write("text", message?.content ?? "");
    for (const call of message?.tool_calls ?? []) {
      yield* parts.close();
      yield* wholeCall(`call-${calls++}`, call);
    }
    if (!chunk.done) continue;
    yield* parts.close();
    const { prompt_eval_count: inputTokens = 0, eval_count: outputTokens = 0 } = chunk;
    if (inputTokens > 0) yield { type: "usage", inputTokens, outputTokens };
    const isFull = window !== undefined && inputTokens + outputTokens >= window;
    yield { type: "finish", reason: reasonOf(chunk.done_reason, calls, isFull) };
  }
}

const text = z.string().nullish();
const count = z.number().optional().catch(undefined);
const call = z.object({
  id: text,
  function: z.object({ name: text, arguments: z.unknown() }),
});

/** Of each line what is read of it. */
const streamChunk = z.object({
  message: z
    .object({ content: text, thinking: text, tool_calls: z.array(call).nullish() })
    .nullish(),
  done: z.boolean().nullish(),
  done_reason: text,
  prompt_eval_count: count,
  eval_count: count,
  error: text,
});

/** The wire has no pieces of a call. Ollama gives ids since 2025. */
function* wholeCall(
  key: string,
  { id, function: made }: z.output<typeof call>,
): Generator<ModelEvent> {
  const { name, arguments: sent = {} } = made;
  const input = typeof sent === "string" ? parseInput(sent) : isUsable(sent) ? sent : undefined;
  yield { type: "part-start", key, part: "tool-call", callId: id ?? "", name: name ?? "" };
  if (input !== undefined) yield { type: "part-delta", key, delta: JSON.stringify(input) };
  yield { type: "part-end", key, input };
}

/** Ollama says `length` for both ends: of the most output and of the window. */
function reasonOf(said: string | null | undefined, calls: number, isFull: boolean): FinishReason {
  if (said === "length") return isFull ? "context-full" : "length";
  return calls > 0 ? "tool-calls" : "stop";
}

/** A model that does not think refuses to be asked for it: then it is not, from the next request on. */
async function* ask(
  client: OllamaClient,
  modelsWithoutThinking: Set<string>,
  { think, ...body }: ReturnType<typeof makeBody>,
  signal: AbortSignal,
): AsyncGenerator {
  const asksToThink = think !== undefined && !modelsWithoutThinking.has(body.model);
  try {
    yield* client.stream("/api/chat", asksToThink ? { ...body, think } : body, signal);
  } catch (error) {
    const isUnable =
      error instanceof OllamaAPIError && /does not support thinking/i.test(error.message);
    if (!isUnable || !asksToThink) throw error;
    modelsWithoutThinking.add(body.model);
    throw askedWithout(`The model “${body.model}” does not think.`, error);
  }
}

/** The window is set with each request: with another one Ollama would load the model again. In its cloud it is the model's. */
function makeBody(request: ModelRequest, window: number | undefined) {
  const { model, system, tools, options } = request;
  const { effort } = options;
  return defined({
    model,
    stream: true,
    messages: [
      ...(system ? [{ role: "system" as const, content: system }] : []),
      ...makeMessages(request),
    ],
    tools: tools.map(({ name, description, inputSchema }) => ({
      type: "function",
      function: { name, description, parameters: inputSchema },
    })),
    think: effort === "off" ? false : effort,
    // What does not fit is refused, and then summed up, instead of being dropped at its beginning.
    truncate: false,
    shift: false,
    options: defined({
      num_ctx: /[:-]cloud$/.test(model) ? undefined : window,
      temperature: options.temperature,
      num_predict: options.maxOutputTokens,
    }),
  });
}
