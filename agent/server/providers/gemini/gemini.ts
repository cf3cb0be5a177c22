/** Gemini through Google's Generative Language API, thoughts included. */
import { FinishReason as Finish, type GenerateContentParameters, GoogleGenAI } from "@google/genai";
import { z } from "zod";
import { defined } from "../../../shared/defined";
import { PartAssembler } from "../part-assembler";
import type { Service } from "../provider-errors";
import { makeContents, providerId } from "./gemini-history";
import { geminiAllows, optionFields } from "./gemini-options";
import { priceOf } from "../prices";
import {
  type FinishReason,
  type ModelEvent,
  type ModelRequest,
  type Provider,
  type ProviderConfig,
  ProviderError,
} from "../provider";
import { validate } from "../bad-answer";
import { enforceContract } from "../contract";
import { fetchFromService } from "../service-fetch";
import { isUsable } from "../call-input";

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
      fetch: fetchFromService,
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
  for await (const sent of await client.models.generateContentStream(makeBody(request, signal))) {
    const chunk = validate(streamChunk, sent);
    const candidate = chunk.candidates?.[0];
    const isBlocked = Boolean(chunk.promptFeedback?.blockReason);
    const ends = isBlocked || Boolean(candidate?.finishReason);
    // The counts that come with the end, or after it, are the last.
    if (!ends) yield* countUsage(chunk.usageMetadata);
    for (const part of candidate?.content?.parts ?? []) {
      if (part.functionCall) {
        yield* parts.close();
        yield* wholeCall(`call-${calls++}`, part.functionCall, part.thoughtSignature ?? undefined);
      } else yield* parts.write(part.thought ? "reasoning" : "text", part.text ?? "");
    }
    if (!ends) continue;
    yield* parts.close();
    yield* countUsage(chunk.usageMetadata);
    yield {
      type: "finish",
      reason: isBlocked ? "refusal" : reasonOf(candidate?.finishReason ?? "", calls),
    };
  }
}

const count = z.number().optional().catch(undefined);
const text = z.string().nullish();
const part = z.object({
  text,
  thought: z.boolean().nullish(),
  thoughtSignature: text,
  functionCall: z
    .object({ id: text, name: text, args: z.record(z.string(), z.unknown()).nullish() })
    .nullish(),
});

/** Of each chunk what is read of it. */
const streamChunk = z.object({
  candidates: z
    .array(
      z.object({
        content: z.object({ parts: z.array(part).nullish() }).nullish(),
        finishReason: text,
      }),
    )
    .nullish(),
  usageMetadata: z
    .object({
      promptTokenCount: count,
      toolUsePromptTokenCount: count,
      candidatesTokenCount: count,
      thoughtsTokenCount: count,
    })
    .nullish()
    .catch(undefined),
  promptFeedback: z.object({ blockReason: text }).nullish(),
});

/** The wire has no pieces of a call. An id is Google's to give; where it gives none, ours stays with us. */
function* wholeCall(
  key: string,
  call: NonNullable<z.output<typeof part>["functionCall"]>,
  signature: string | undefined,
): Generator<ModelEvent> {
  const { name, args } = call;
  const id = call.id ?? undefined;
  const input = isUsable(args ?? {}) ? (args ?? {}) : undefined;
  const callId = id ?? `call_${crypto.randomUUID()}`;
  yield { type: "part-start", key, part: "tool-call", callId, name: name ?? "" };
  if (input !== undefined) yield { type: "part-delta", key, delta: JSON.stringify(input) };
  const meta = defined({ provider: providerId, id, thoughtSignature: signature });
  yield { type: "part-end", key, input, meta };
}

/** Each chunk counts the answer so far. */
function* countUsage(
  counts: z.output<typeof streamChunk>["usageMetadata"],
): Generator<Extract<ModelEvent, { type: "usage" }>> {
  if (counts?.promptTokenCount === undefined) return;
  yield {
    type: "usage",
    inputTokens: counts.promptTokenCount + (counts.toolUsePromptTokenCount ?? 0),
    outputTokens: (counts.candidatesTokenCount ?? 0) + (counts.thoughtsTokenCount ?? 0),
  };
}

/** Throws when the model ended with something that is no answer: it may succeed when asked again. */
function reasonOf(finishReason: string, calls: number): FinishReason {
  if (finishReason === "STOP") return calls > 0 ? "tool-calls" : "stop";
  if (finishReason === "MAX_TOKENS") return "length";
  if (!noAnswers.has(finishReason)) return "refusal";
  throw new ProviderError(
    `Gemini ended its answer early (${finishReason}). Sending it again may help.`,
    { code: "server", retryable: true },
  );
}

const noAnswers = new Set<string>([
  Finish.OTHER,
  Finish.MALFORMED_FUNCTION_CALL,
  Finish.MALFORMED_RESPONSE,
  Finish.UNEXPECTED_TOOL_CALL,
  Finish.TOO_MANY_TOOL_CALLS,
]);

function makeBody(request: ModelRequest, signal: AbortSignal): GenerateContentParameters {
  const { model, system, messages, files, tools } = request;
  return {
    model,
    contents: makeContents(messages, model, files),
    config: {
      abortSignal: signal,
      ...(system && { systemInstruction: system }),
      ...optionFields(request),
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
  return validate(modelList, page).flatMap((model) => {
    if (!model.supportedActions?.includes("generateContent")) return [];
    const id = model.name.replace("models/", "");
    return defined({
      provider: providerId,
      id,
      name: model.displayName ?? id,
      contextTokens: model.inputTokenLimit ?? undefined,
      price: priceOf(id),
      allows: geminiAllows(id, model),
    });
  });
}

const modelList = z.array(
  z.object({
    name: z.string(),
    displayName: text,
    inputTokenLimit: z.number().nullish(),
    outputTokenLimit: z.number().nullish().catch(undefined),
    maxTemperature: z.number().nullish().catch(undefined),
    thinking: z.boolean().nullish().catch(undefined),
    supportedActions: z.array(z.string()).nullish(),
  }),
);
