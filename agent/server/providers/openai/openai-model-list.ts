/** Reads a list of models in every shape in which servers with OpenAI's API send theirs. */
import type OpenAI from "openai";
import { z } from "zod";
import { requireFewValues } from "../bad-answer";
import { bounds } from "../bounds";
import { listedTakes } from "../listed-takes";
import { listedOptions } from "./option-forms";
import { noListError, type Service } from "../provider-errors";

/** What is of another type is left out. */
const text = z.string().nullish().catch(undefined);
const size = z.number().nullish().catch(undefined);

const namedModel = z.object({
  id: text,
  model: text,
  name: text,
  display_name: text,
  type: text,
  owned_by: text,
  /** OpenRouter and Together, Groq, vLLM, Mistral, in this order. */
  context_length: size,
  context_window: size,
  max_model_len: size,
  max_context_length: size,
  /** llama.cpp: the window in which it runs, and the one that the model was trained for. */
  meta: z.object({ n_ctx: size, n_ctx_train: size }).nullish().catch(undefined),
  /** OpenRouter: US dollars for one token. */
  pricing: z
    .object({ prompt: text, completion: text, input_cache_read: text, input_cache_write: text })
    .nullish()
    .catch(undefined),
  ...listedTakes,
  ...listedOptions,
});

export type ListedModel = z.output<typeof namedModel> & { id: string };

/**
 * The models that the server lists, each once: at most `bounds.models`, on at most `bounds.listPages` pages. Throws
 * ProviderError when what it answers is no list, and what the SDK throws. `signal` ends the requests.
 */
export async function readModelList(
  client: OpenAI,
  service: Service,
  signal: AbortSignal,
): Promise<ListedModel[]> {
  const found = new Map<string, ListedModel>();
  let path: string | undefined = "/models";
  for (let page = 0; path !== undefined && page < bounds.listPages; page++) {
    const body = await getJson(client, path, signal);
    const listed = modelsIn(body);
    if (listed === undefined) throw noListError(service);
    const before = found.size;
    for (const one of listed.slice(0, bounds.models)) {
      const model = readModel(one);
      if (model !== undefined) found.set(model.id, model);
    }
    // A server that does not know pages sends the first one again.
    const isNew = found.size > before && found.size < bounds.models;
    path = isNew ? nextPage(body, [...found.keys()].at(-1)!, client.baseURL) : undefined;
  }
  return [...found.values()];
}

/** The JSON at a path under the client's address, or at a whole address; undefined when it is none. Throws BadAnswerError for too much of it. */
export async function getJson(client: OpenAI, path: string, signal: AbortSignal): Promise<unknown> {
  const body = parseJson(await client.get<unknown>(path, { signal }));
  requireFewValues(body);
  return body;
}

/** The SDK parses what is named as JSON. */
function parseJson(body: unknown): unknown {
  if (typeof body !== "string" || !/^\s*[[{]/.test(body)) return body;
  try {
    return JSON.parse(body);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** OpenAI's `data`, the bare array of Together, the `models` of others; null stands for an empty one. */
function modelsIn(body: unknown): unknown[] | undefined {
  if (Array.isArray(body)) return body;
  if (typeof body !== "object" || body === null) return undefined;
  const lists = Object.entries(body).flatMap(([key, list]) =>
    key === "data" || key === "models" ? [list as unknown] : [],
  );
  return lists.find(Array.isArray) ?? (lists.includes(null) ? [] : undefined);
}

function readModel(value: unknown): ListedModel | undefined {
  const { data } = namedModel.safeParse(typeof value === "string" ? { id: value } : value);
  const id = data?.id || data?.model || data?.name;
  return id ? { ...data, id } : undefined;
}

const paged = z.object({
  next: text,
  has_more: z.boolean().nullish().catch(undefined),
  last_id: text,
});

/** An address of another origin is not asked: it would get the key. */
function nextPage(body: unknown, lastId: string, baseUrl: string): string | undefined {
  const { next, has_more, last_id } = paged.safeParse(body).data ?? {};
  if (next) {
    const list = `${baseUrl}/models`;
    const url = URL.canParse(next, list) ? new URL(next, list) : undefined;
    return url?.origin === new URL(list).origin ? url.href : undefined;
  }
  return has_more ? `/models?after=${encodeURIComponent(last_id || lastId)}` : undefined;
}
