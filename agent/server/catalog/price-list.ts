/** What the bundled list of prices knows of a model: its price and its window. Nothing is fetched, and no timer is kept. */
import { setImmediate } from "node:timers/promises";
import { defined } from "../../shared/defined";
import { log } from "../log";
import type { ModelInfo, ModelPrice, Rates } from "../../shared/protocol";

type Library = typeof import("@pydantic/genai-prices");
type ListedPrice = import("@pydantic/genai-prices").ModelPrice[string];
export type ModelFacts = Pick<ModelInfo, "price" | "contextTokens">;

/** A provider as the list finds it. */
export interface PricedProvider {
  /** Its name in the list; without one it is found by its address, and an address that the list lacks has no prices. */
  id?: string;
  baseUrl?: string;
}

/** Prices may depend on the date and the time of day: each is looked up again after so long. */
const freshMs = 60_000;
const maxKept = 10_000;
/** A look-up takes up to 0.3 ms: after so many of them, the event loop gets to do other work. */
const lookUpsAtOnce = 20;

export class PriceList {
  #loading: Promise<void> | undefined;
  #library: Library | undefined;
  readonly #kept = new Map<string, { at: number; facts: ModelFacts }>();

  /** It takes 40 ms and 16 MB, so it is loaded when it is first needed. Never rejects: without it prices are unknown, and the log says so. */
  load(): Promise<void> {
    return (this.#loading ??= import("@pydantic/genai-prices").then(
      (library) => void (this.#library = library),
      (err: unknown) => log.error({ err }, "The list of prices could not be loaded"),
    ));
  }

  /** Nothing while the list is being loaded, and of models that it does not know. */
  find(provider: PricedProvider, model: string, now = new Date()): ModelFacts {
    if (this.#library === undefined) {
      this.#loading ??= this.load();
      return {};
    }
    const key = JSON.stringify([provider.id ?? provider.baseUrl, model]);
    const kept = this.#kept.get(key);
    if (kept !== undefined && Math.abs(now.getTime() - kept.at) < freshMs) return kept.facts;
    if (this.#kept.size >= maxKept) this.#kept.clear();
    const facts = lookUp(this.#library, provider, model, now);
    this.#kept.set(key, { at: now.getTime(), facts });
    return facts;
  }

  /** Looks up many models, with pauses for others, so that `find` then answers at once. */
  async prepare(provider: PricedProvider, models: string[]): Promise<void> {
    await this.load();
    for (const [index, model] of models.entries()) {
      if (index % lookUpsAtOnce === 0) await setImmediate();
      this.find(provider, model);
    }
  }
}

function lookUp(
  { calcPrice, findProvider }: Library,
  { id, baseUrl }: PricedProvider,
  model: string,
  now: Date,
): ModelFacts {
  // Asked for both at once, the library would guess the provider by the model's name.
  const found = id
    ? findProvider({ providerId: id })
    : baseUrl
      ? findProvider({ providerApiUrl: baseUrl })
      : undefined;
  const listed = found && calcPrice({}, model, { providerId: found.id, timestamp: now });
  if (!listed) return {};
  return defined({
    price: priceOf(listed.model_price),
    contextTokens: listed.model.context_window,
  });
}

type Prices = Record<string, ListedPrice>;

/** The list gives each rate tiers of its own; here a tier has all rates. */
function priceOf(prices: Prices): ModelPrice | undefined {
  const rates = ratesAt(prices, 0);
  if (rates === undefined) return undefined;
  const starts = Object.values(prices).flatMap((price) =>
    typeof price === "object" ? price.tiers.map(({ start }) => start) : [],
  );
  const tiers = [...new Set(starts)]
    .toSorted((a, b) => a - b)
    .flatMap((above) => {
      const higher = ratesAt(prices, above + 1);
      return higher ? [{ above, ...higher }] : [];
    });
  const thousand = rateAt(prices["requests_kcount"], 0);
  const request = thousand === undefined ? undefined : thousand / 1000;
  return { ...rates, ...defined({ request }), ...(tiers.length > 0 && { tiers }) };
}

function ratesAt(prices: Prices, inputTokens: number): Rates | undefined {
  const rate = (key: string) => rateAt(prices[key], inputTokens);
  const [input, output] = [rate("input_mtok"), rate("output_mtok")];
  if (input === undefined || output === undefined) return undefined;
  const cache = { cacheRead: rate("cache_read_mtok"), cacheWrite: rate("cache_write_mtok") };
  return { input, output, ...defined(cache) };
}

function rateAt(price: ListedPrice, inputTokens: number): number | undefined {
  if (typeof price !== "object") return price;
  return price.tiers.findLast(({ start }) => inputTokens > start)?.price ?? price.base;
}
