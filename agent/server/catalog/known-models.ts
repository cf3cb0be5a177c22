/** What is known of the models of a provider: what it lists, and of each what the user, the service or the price list says. */
import { defined } from "../../shared/defined";
import type { ModelInfo } from "../../shared/protocol";
import type { SettingsFile } from "../config/settings-file";
import { editFormOfModel } from "./edit-forms";
import { type LookUp, ModelLookUps } from "./model-look-ups";
import { type PricedProvider, PriceList } from "./price-list";
import type { ProviderEntry, ProviderSetUp } from "./provider-set-up";

/** How old the list of a local server may be while the window of the model in use is not in it. */
const loadingMs = 5_000;

export class KnownModels {
  readonly #settings: SettingsFile;
  readonly #setUp: ProviderSetUp;
  readonly #lookUps = new ModelLookUps();
  readonly #prices = new PriceList();

  constructor(settings: SettingsFile, setUp: ProviderSetUp) {
    this.#settings = settings;
    this.#setUp = setUp;
  }

  /** Listed or not. If that is old, or nothing is known of its provider yet, this one is asked meanwhile. */
  info(entry: ProviderEntry, model: string): ModelInfo {
    // Ollama's short names stand for their latest version.
    const listed = this.latest(entry).find(({ id }) => id === model || id === `${model}:latest`);
    // It is loaded with the first request, and only then has a window.
    if (listed?.contextTokens === undefined) this.latest(entry, loadingMs);
    return this.withFacts(entry, listed ?? { provider: entry.id, id: model, name: model });
  }

  /** Whether it is listed, priced, or named by the user: another name can be one that other programs have for theirs. */
  knows(entry: ProviderEntry, model: string): boolean {
    const isListed = this.latest(entry).some(({ id }) => id === model || id === `${model}:latest`);
    const own = this.#settings.get().models[entry.id] ?? {};
    const facts = this.#prices.find(this.#pricedAs(entry), model);
    return isListed || Object.hasOwn(own, model) || facts.price !== undefined;
  }

  /** The user's word comes first, then the service's own, then the list's. */
  withFacts(entry: ProviderEntry, model: ModelInfo): ModelInfo {
    const own = this.#settings.get().models[entry.id]?.[model.id];
    const listed = isFree(entry)
      ? { price: noPrice }
      : lacksFacts(model)
        ? this.#prices.find(this.#pricedAs(entry), model.id)
        : {};
    const edits = editFormOfModel(model.id);
    return { ...defined({ edits }), ...listed, ...defined(model), ...defined({ ...own }) };
  }

  /** The prices of a whole list are looked up in pieces, so that nothing else waits for them. */
  async prepare(entry: ProviderEntry, models: ModelInfo[]): Promise<void> {
    const ids = models.filter(lacksFacts).map(({ id }) => id);
    if (!isFree(entry) && ids.length > 0) await this.#prices.prepare(this.#pricedAs(entry), ids);
  }

  /** Where they may be needed; see PriceList.load. */
  async loadPrices(entry: ProviderEntry): Promise<void> {
    if (!isFree(entry)) await this.#prices.load();
  }

  /** By the id of the provider: what is known of each at one moment, once all have answered, or are waited for no longer. */
  async lookAll(entries: ProviderEntry[]): Promise<Map<string, LookUp>> {
    await Promise.all(entries.map((entry) => this.look(entry)));
    return new Map(entries.map((entry) => [entry.id, this.#known(entry)]));
  }

  /** As ModelLookUps.look, and resolves with what is known then. A provider that is not set up is not asked. */
  async look(entry: ProviderEntry, localWaitMs?: number): Promise<LookUp> {
    if (this.#setUp.missing(entry) === undefined)
      await this.#lookUps.look(entry, this.#setUp.config(entry), localWaitMs);
    return this.#known(entry);
  }

  /** As ModelLookUps.latest; none of a provider that is not set up. */
  latest(entry: ProviderEntry, freshMs?: number): ModelInfo[] {
    return this.#setUp.missing(entry) === undefined
      ? this.#lookUps.latest(entry, this.#setUp.config(entry), freshMs).models
      : [];
  }

  /** Everything is looked up again. */
  expire(): void {
    this.#lookUps.expire();
  }

  #known(entry: ProviderEntry): LookUp {
    return this.#setUp.missing(entry) === undefined
      ? this.#lookUps.known(entry, this.#setUp.config(entry))
      : { models: [] };
  }

  #pricedAs(entry: ProviderEntry): PricedProvider {
    return defined({ id: entry.pricesAs, baseUrl: this.#setUp.config(entry).baseUrl });
  }
}

const noPrice = { input: 0, output: 0 };

function isFree({ local, free }: ProviderEntry): boolean {
  return local === true || free === true;
}

function lacksFacts({ price, contextTokens }: ModelInfo): boolean {
  return price === undefined || contextTokens === undefined;
}
