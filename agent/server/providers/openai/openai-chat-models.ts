/** The models of a server that speaks Chat Completions, each with the window in which it runs, as far as the server says. */
import type OpenAI from "openai";
import { z } from "zod";
import { defined } from "../../../shared/defined";
import type { ModelInfo } from "../../../shared/protocol";
import { takesOf } from "../listed-takes";
import type { Service } from "../provider-errors";
import { chatAllows } from "./openai-chat-options";
import { getJson, type ListedModel, readModelList } from "./openai-model-list";

/** Throws as `readModelList`. A server on this machine is asked once more, for its windows. `signal` ends both. */
export async function listChatModels(
  client: OpenAI,
  provider: string,
  service: Service,
  signal: AbortSignal,
): Promise<ModelInfo[]> {
  const listed = await readModelList(client, service, signal);
  const models = listed.filter(isForChat);
  const windows = await askWindows(client, models, signal);
  return models.map((model) =>
    defined({
      provider,
      id: model.id,
      name: model.display_name || model.name || model.id,
      contextTokens: (windows ? windows.get(model.id) : windowOf(model)) ?? undefined,
      takes: takesOf(model),
      price: listedPrice(model),
      allows: chatAllows({ id: provider, baseUrl: service.baseUrl }, model.id, model),
    }),
  );
}

function isForChat({ id, type }: ListedModel): boolean {
  return (
    !/embed|rerank/i.test(id) && !/embed|rerank|image|audio|video|moderation/i.test(type ?? "")
  );
}

function windowOf(model: ListedModel): number | null | undefined {
  return (
    model.meta?.n_ctx ??
    model.context_length ??
    model.context_window ??
    model.max_model_len ??
    model.max_context_length ??
    model.meta?.n_ctx_train
  );
}

/**
 * The windows of a server that states them elsewhere; undefined for any other. What it does not state there is unknown:
 * a model that is not loaded gets its window only when it is.
 */
async function askWindows(
  client: OpenAI,
  models: ListedModel[],
  signal: AbortSignal,
): Promise<Map<string, number> | undefined> {
  const source = windowSources.find(({ owner }) =>
    models.some(({ owned_by }) => owned_by === owner),
  );
  if (source === undefined) return undefined;
  const root = client.baseURL.replace(/\/v1$/, "");
  try {
    return source.read(await getJson(client, root + source.path, signal), models);
  } catch {
    signal.throwIfAborted();
    // An older version, or one that does not show it.
    return undefined;
  }
}

interface WindowSource {
  /** By this it is known, wherever it runs. */
  owner: string;
  path: string;
  read(body: unknown, models: ListedModel[]): Map<string, number> | undefined;
}

const tokens = z.int().min(1);
const props = z.object({ default_generation_settings: z.object({ n_ctx: tokens }) });
const loaded = (list: string, id: string, window: string) =>
  z.object({
    [list]: z.array(z.object({ [id]: z.string(), [window]: tokens.optional().catch(undefined) })),
  });

const windowSources: WindowSource[] = [
  {
    // llama.cpp shares its window among its slots: this is the one of a slot. Of several models it does not say whose.
    owner: "llamacpp",
    path: "/props",
    read(body, [model, ...others]) {
      const settings = props.parse(body).default_generation_settings;
      return others.length === 0 && model ? new Map([[model.id, settings.n_ctx]]) : undefined;
    },
  },
  {
    // LM Studio loads a model with the window that its user set for it, not the model's own.
    owner: "organization_owner",
    path: "/api/v0/models",
    read: (body) => windowsIn(body, "data", "id", "loaded_context_length"),
  },
  {
    // Ollama under its OpenAI address, which has no field to choose a window.
    owner: "library",
    path: "/api/ps",
    read: (body) => windowsIn(body, "models", "name", "context_length"),
  },
];

function windowsIn(body: unknown, list: string, id: string, window: string): Map<string, number> {
  const rows = loaded(list, id, window).parse(body)[list]!;
  return new Map(
    rows.flatMap((row) => {
      const size = row[window];
      return typeof size === "number" ? [[String(row[id]), size] as const] : [];
    }),
  );
}

function listedPrice({ pricing }: ListedModel): ModelInfo["price"] {
  const input = perMillion(pricing?.prompt);
  const output = perMillion(pricing?.completion);
  if (input === undefined || output === undefined) return undefined;
  const cacheRead = perMillion(pricing?.input_cache_read);
  const cacheWrite = perMillion(pricing?.input_cache_write);
  return { input, output, ...defined({ cacheRead, cacheWrite }) };
}

/** OpenRouter's routers list -1: the price depends on where a request goes. */
function perMillion(usdPerToken: string | null | undefined): number | undefined {
  const value = Number((Number.parseFloat(usdPerToken ?? "") * 1e6).toPrecision(12));
  return value >= 0 ? value : undefined;
}
