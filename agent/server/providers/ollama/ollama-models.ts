/** Ollama's models, each with the window in which Rein lets it run. */
import { z } from "zod";
import { defined } from "../../../shared/defined";
import type { AllowedOptions, Effort, ModelInfo } from "../../../shared/protocol";
import { bounds } from "../bounds";
import { takesOf } from "../listed-takes";
import { noListError, type Service } from "../provider-errors";
import type { OllamaClient } from "./ollama-client";
import { providerId } from "./ollama-history";

/**
 * The window that Rein asks for unless the user chose one. Ollama's own choice on a machine with less than 24 GB of
 * video memory is 4,096 tokens, which Rein's prompt and tools nearly fill; the whole window of a model (131,072 and more)
 * may take tens of gigabytes. This is Ollama's middle step: 4 GB for a model of 8 billion parameters.
 */
const usualWindow = 32_768;
/** A window that is not larger is taken for Ollama's own default, not for one that the user has set. */
const smallestDefault = 4096;

const tokens = z.int().min(1).nullish().catch(undefined);
const text = z.string().nullish().catch(undefined);
const named = z.object({ model: text, name: text });
const list = z.object({
  models: z.array(
    named.extend({
      capabilities: z.array(z.string()).nullish().catch(undefined),
      details: z.object({ context_length: tokens }).nullish().catch(undefined),
    }),
  ),
});
const loadedList = z.object({ models: z.array(named.extend({ context_length: tokens })) });
const shown = z.object({
  parameters: text,
  model_info: z.record(z.string(), z.unknown()).nullish().catch(undefined),
});

/** Throws what `client` throws, and BadAnswerError. What is not known of a model is left out. `signal` ends all requests. */
export async function listOllamaModels(
  client: OllamaClient,
  service: Service,
  signal: AbortSignal,
): Promise<ModelInfo[]> {
  const [listed, loaded] = await Promise.all([
    client.ask("/api/tags", undefined, signal),
    askLoaded(client, signal),
  ]);
  const { data } = list.safeParse(listed);
  if (data === undefined) throw noListError(service);
  const models = data.models.slice(0, bounds.models).flatMap((model) => {
    const id = model.model || model.name;
    const isForChat = model.capabilities?.includes("completion") ?? !/embed|rerank/i.test(id ?? "");
    return id && isForChat ? [{ ...model, id }] : [];
  });
  const described: ModelInfo[] = [];
  // Ollama reads a file for each: not all at once.
  for (let at = 0; at < models.length; at += showsAtOnce) {
    const some = models.slice(at, at + showsAtOnce).map(async ({ id, details, capabilities }) => {
      const facts = await askFacts(client, id, signal);
      const trained = facts.trained ?? details?.context_length;
      const contextTokens = windowOf({ ...facts, trained }, loaded, id);
      const allows = capabilities ? allowedOptions(id, capabilities) : undefined;
      const takes = takesOf({ capabilities });
      return defined({ provider: providerId, id, name: id, contextTokens, takes, allows });
    });
    described.push(...(await Promise.all(some)));
  }
  return described;
}

const showsAtOnce = 8;

/** gpt-oss always thinks. */
function allowedOptions(id: string, capabilities: string[]): AllowedOptions {
  const levels: Effort[] = ["low", "medium", "high"];
  const efforts: Effort[] = /gpt-oss/.test(id) ? levels : ["off", ...levels];
  return {
    efforts: capabilities.includes("thinking") ? efforts : [],
    maxTemperature: 2,
    serviceTiers: [],
  };
}

/** The window of one model that is in no list yet; undefined when Ollama does not say. */
export async function askWindow(
  client: OllamaClient,
  model: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  const [facts, loaded] = await Promise.all([
    askFacts(client, model, signal),
    askLoaded(client, signal),
  ]);
  return windowOf(facts, loaded, model);
}

interface Facts {
  /** What its user wrote into its Modelfile. */
  chosen?: number | undefined;
  trained?: number | null | undefined;
}

/** What the user chose, else what it is loaded with (they may have set it for all of Ollama), else the usual window. */
function windowOf(
  { chosen, trained }: Facts,
  loaded: Map<string, number>,
  id: string,
): number | undefined {
  const running = loaded.get(id) ?? loaded.get(`${id}:latest`) ?? 0;
  const wanted = chosen ?? (running > smallestDefault ? running : usualWindow);
  return trained ? Math.min(wanted, trained) : chosen;
}

async function askFacts(client: OllamaClient, model: string, signal: AbortSignal): Promise<Facts> {
  const answer = await unlessRefused(client.ask("/api/show", { model }, signal), signal);
  const { parameters, model_info } = shown.safeParse(answer).data ?? {};
  const chosen = /^num_ctx\s+(\d+)$/m.exec(parameters ?? "")?.[1];
  const [, trained] =
    Object.entries(model_info ?? {}).find(([key]) => key.endsWith(".context_length")) ?? [];
  return { chosen: chosen ? Number(chosen) : undefined, trained: tokens.parse(trained) };
}

/** Which models are loaded, and with which window. */
async function askLoaded(client: OllamaClient, signal: AbortSignal): Promise<Map<string, number>> {
  const answer = await unlessRefused(client.ask("/api/ps", undefined, signal), signal);
  const { models } = loadedList.safeParse(answer).data ?? { models: [] };
  return new Map(
    models.flatMap(({ model, name, context_length }) => {
      const id = model || name;
      return id && context_length ? [[id, context_length] as const] : [];
    }),
  );
}

/** What only describes may fail: an older version has no such route, a model may just have been removed. */
async function unlessRefused(asked: Promise<unknown>, signal: AbortSignal): Promise<unknown> {
  try {
    return await asked;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
