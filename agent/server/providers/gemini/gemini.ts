/** Gemini through Google's Generative Language API, thoughts included. */
import {
  type Candidate,
  FinishReason as Finish,
  type FunctionCall,
  type GenerateContentParameters,
  GoogleGenAI,
  type Part,
} from "@google/genai";
import { defined } from "../../../shared/defined";
import { PartAssembler } from "../part-assembler";
import type { Service } from "../provider-errors";
import { makeContents, providerId } from "./gemini-history";
import { priceOf } from "../prices";
import {
  type FinishReason,
  type ModelEvent,
  type ModelRequest,
  type Provider,
  type ProviderConfig,
  ProviderError,
} from "../provider";
import { enforceContract } from "../contract";

/** A provider for Gemini, or for a compatible server at `baseUrl`. */
export function createGemini({ apiKey, baseUrl = official }: ProviderConfig): Provider {
  const service: Service = { name: "Gemini", baseUrl, apiKey, keyVariable: "GEMINI_API_KEY" };
  const client = new GoogleGenAI({
    // Without one the SDK would read one from the environment.
    apiKey: apiKey ?? "none",
    vertexai: false,
    // The SDK's own choice, v1, has neither previews nor names like gemini-flash-latest.
    apiVersion: "v1beta",
    httpOptions: {
      baseUrl,
      // A model may think for longer than the five minutes of silence that Bun allows.
      fetch: (url, init) => fetch(url, { ...init, timeout: false }),
    },
  });
  return enforceContract(providerId, service, {
    answer: (request, signal) => readAnswer(client, request, signal),
    models: (signal) => listModels(client, signal),
  });
}

const official = "https://generativelanguage.googleapis.com";

async function* readAnswer(
  client: GoogleGenAI,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent> {
  const parts = new PartAssembler();
  let calls = 0;
  let reason: FinishReason | undefined;
  let usage: ModelEvent | undefined;
  for await (const chunk of await client.models.generateContentStream(makeBody(request, signal))) {
    const candidate = chunk.candidates?.[0];
    for (const part of candidate?.content?.parts ?? []) {
      if (part.functionCall) {
        yield* parts.close();
        yield* wholeCall(`call-${calls++}`, part.functionCall, part);
      } else yield* parts.write(part.thought ? "reasoning" : "text", part.text ?? "");
    }
    if (chunk.usageMetadata) usage = countUsage(chunk.usageMetadata);
    if (chunk.promptFeedback?.blockReason) reason = "refusal";
    if (candidate?.finishReason) reason = reasonOf(candidate, calls);
  }
  if (reason === undefined || signal.aborted) return;
  yield* parts.close();
  if (usage) yield usage;
  yield { type: "finish", reason };
}

/** The wire has no pieces of a call. An id is Google's to give; where it gives none, ours stays with us. */
function* wholeCall(
  key: string,
  { id, name = "", args = {} }: FunctionCall,
  { thoughtSignature }: Part,
): Generator<ModelEvent> {
  const callId = id ?? `call_${crypto.randomUUID()}`;
  yield { type: "part-start", key, part: "tool-call", callId, name };
  yield { type: "part-delta", key, delta: JSON.stringify(args) };
  const meta = defined({ provider: providerId, id, thoughtSignature });
  yield { type: "part-end", key, input: args, meta };
}

function countUsage(counts: {
  promptTokenCount?: number;
  toolUsePromptTokenCount?: number;
  candidatesTokenCount?: number;
  thoughtsTokenCount?: number;
}): ModelEvent {
  return {
    type: "usage",
    inputTokens: (counts.promptTokenCount ?? 0) + (counts.toolUsePromptTokenCount ?? 0),
    outputTokens: (counts.candidatesTokenCount ?? 0) + (counts.thoughtsTokenCount ?? 0),
  };
}

/** Throws when the model ended with something that is no answer: it may succeed when asked again. */
function reasonOf({ finishReason }: Candidate, calls: number): FinishReason {
  switch (finishReason) {
    case Finish.STOP:
      return calls > 0 ? "tool-calls" : "stop";
    case Finish.MAX_TOKENS:
      return "length";
    case Finish.OTHER:
    case Finish.MALFORMED_FUNCTION_CALL:
    case Finish.MALFORMED_RESPONSE:
    case Finish.UNEXPECTED_TOOL_CALL:
    case Finish.TOO_MANY_TOOL_CALLS:
      throw new ProviderError(
        `Gemini ended its answer early (${finishReason}). Sending it again may help.`,
        { code: "server", retryable: true },
      );
    default:
      return "refusal";
  }
}

function makeBody(
  { model, system, messages, tools }: ModelRequest,
  signal: AbortSignal,
): GenerateContentParameters {
  return {
    model,
    contents: makeContents(messages, model),
    config: {
      abortSignal: signal,
      ...(system && { systemInstruction: system }),
      // Models that do not think refuse it.
      ...(/^gemini-(2\.5|[3-9]|\d\d)/.test(model) && { thinkingConfig: { includeThoughts: true } }),
      ...(tools.length > 0 && {
        tools: [
          {
            functionDeclarations: tools.map(({ name, description, inputSchema }) => ({
              name,
              description,
              parametersJsonSchema: inputSchema,
            })),
          },
        ],
      }),
    },
  };
}

async function listModels(client: GoogleGenAI, signal: AbortSignal) {
  const config = { pageSize: 1000, abortSignal: signal };
  const { page } = await client.models.list({ config });
  return page.flatMap(({ name, displayName, inputTokenLimit, supportedActions }) => {
    if (name === undefined || !supportedActions?.includes("generateContent")) return [];
    const id = name.replace("models/", "");
    const price = priceOf(id);
    return defined({
      provider: providerId,
      id,
      name: displayName ?? id,
      contextTokens: inputTokenLimit,
      price,
    });
  });
}
