/** Gemini through Google's Generative Language API, thoughts included. */
import {
  FinishReason as Finish,
  type GenerateContentConfig,
  type GenerateContentParameters,
  GoogleGenAI,
} from "@google/genai";
import { z } from "zod";
import { defined } from "../../../shared/defined";
import { Citations } from "../other-part";
import { withoutCredentials } from "../error-words";
import type { Service } from "../provider-errors";
import { makeContents, providerId } from "./gemini-history";
import { generationOf } from "./gemini-models";
import { geminiAllows, optionFields } from "./gemini-options";
import { countUsage, streamChunk } from "./gemini-chunk";
import { Parts } from "./gemini-parts";
import {
  type ModelEvent,
  type ModelRequest,
  type Provider,
  type ProviderConfig,
  ProviderError,
} from "../provider";
import { validate } from "../bad-answer";
import { enforceContract } from "../contract";
import { markAnswered } from "../exchange";
import { officialUrls } from "../official-urls";
import { fetchFromService } from "../service-fetch";

/** A provider for Gemini, or for a compatible server at `baseUrl`. */
export function createGemini({
  apiKey,
  baseUrl = officialUrls.gemini,
  keyVariable,
}: ProviderConfig): Provider {
  const service: Service = {
    name: "Gemini",
    baseUrl: withoutCredentials(baseUrl),
    apiKey,
    keyVariable,
  };
  const client = new GoogleGenAI({
    // Without one the SDK would read one from the environment.
    apiKey: apiKey ?? "none",
    vertexai: false,
    // The SDK's own choice, v1, has neither previews nor names like gemini-flash-latest.
    apiVersion: "v1beta",
    httpOptions: {
      baseUrl,
      fetch: fetchFromService,
      // Without `timeout` and `retryOptions` this SDK has no time limit, and sends a request once.
    },
  });
  return enforceContract(providerId, service, {
    answer: (request, signal) => readAnswer(client, request, signal),
    models: (signal) => listModels(client, signal),
  });
}

async function* readAnswer(
  client: GoogleGenAI,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent> {
  const parts = new Parts();
  const cited = new Citations();
  for await (const sent of await client.models.generateContentStream(makeBody(request, signal))) {
    const chunk = validate(streamChunk, sent);
    if (chunk.candidates || chunk.usageMetadata) markAnswered();
    const { content, finishReason, finishMessage, groundingMetadata, citationMetadata } =
      chunk.candidates?.[0] ?? {};
    const blocked = chunk.promptFeedback?.blockReason;
    const ends = Boolean(blocked || finishReason);
    // The counts that come with the end, or after it, are the last.
    if (!ends) yield* countUsage(chunk.usageMetadata);
    for (const part of content?.parts ?? []) yield* parts.add(part);
    cited.add(groundingMetadata?.groundingChunks ?? []);
    cited.add(citationMetadata?.citations ?? []);
    if (!ends) continue;
    yield* parts.close();
    yield* cited.part(providerId);
    yield* countUsage(chunk.usageMetadata);
    yield blocked
      ? {
          type: "finish",
          reason: "content-filter",
          detail: `The message was blocked (${blocked}).`,
        }
      : endOf(finishReason ?? "", finishMessage, parts.calls);
  }
}

type End = Extract<ModelEvent, { type: "finish" }>;

/** Throws when the model ended with something that is no answer: it may succeed when asked again. */
function endOf(finishReason: string, said: string | null | undefined, calls: number): End {
  if (finishReason === "STOP") return { type: "finish", reason: calls > 0 ? "tool-calls" : "stop" };
  if (finishReason === "MAX_TOKENS") return { type: "finish", reason: "length" };
  const detail = said || withheld[finishReason] || finishReason;
  if (!noAnswers.has(finishReason)) return { type: "finish", reason: "content-filter", detail };
  throw new ProviderError(
    `Gemini ended its answer early (${finishReason}). Sending it again may help.`,
    { code: "server", retryable: true },
  );
}

/** Why Gemini withholds an answer, in words. */
const withheld: Record<string, string> = {
  [Finish.SAFETY]: "It was found unsafe.",
  [Finish.RECITATION]: "It repeated a text that is protected.",
  [Finish.LANGUAGE]: "It was in a language that is not supported.",
  [Finish.BLOCKLIST]: "It held a word that is blocked.",
  [Finish.PROHIBITED_CONTENT]: "It held what is prohibited.",
  [Finish.SPII]: "It held personal data.",
  [Finish.IMAGE_SAFETY]: "A picture was found unsafe.",
  [Finish.IMAGE_PROHIBITED_CONTENT]: "A picture held what is prohibited.",
  [Finish.IMAGE_RECITATION]: "A picture repeated one that is protected.",
};

const noAnswers = new Set<string>([
  Finish.OTHER,
  Finish.IMAGE_OTHER,
  Finish.NO_IMAGE,
  Finish.MALFORMED_FUNCTION_CALL,
  Finish.MALFORMED_RESPONSE,
  Finish.UNEXPECTED_TOOL_CALL,
  Finish.TOO_MANY_TOOL_CALLS,
]);

function makeBody(request: ModelRequest, signal: AbortSignal): GenerateContentParameters {
  const { model, system, messages, files } = request;
  return {
    model,
    contents: makeContents(messages, model, files),
    config: {
      abortSignal: signal,
      ...(system && { systemInstruction: system }),
      ...optionFields(request),
      ...toolFields(request),
    },
  };
}

/** Before Gemini 3 its search cannot stand beside functions. */
function toolFields({ model, tools, searches }: ModelRequest): GenerateContentConfig {
  const mayBoth = (generationOf(model) ?? 3) >= 3;
  const own = searches && (mayBoth || tools.length === 0) ? [{ googleSearch: {} }] : [];
  if (tools.length === 0) return own.length > 0 ? { tools: own } : {};
  const functionDeclarations = tools.map(({ name, description, inputSchema }) => ({
    name,
    description,
    parametersJsonSchema: inputSchema,
  }));
  return {
    tools: [{ functionDeclarations }, ...own],
    // What the search did comes as parts, which have to go back beside functions.
    ...(own.length > 0 && { toolConfig: { includeServerSideToolInvocations: true } }),
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
      allows: geminiAllows(id, model),
    });
  });
}

const text = z.string().nullish();

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
