/** Which providers there are, how each is reached now, and which models they offer. */
import { defined } from "../../shared/defined";
import type { ModelInfo, Models, ProviderInfo } from "../../shared/protocol";
import { type Provider, type ProviderConfig, ProviderError } from "../providers/provider";
import type { ProviderVariable } from "../config/options";
import type { SettingsFile } from "../config/settings-file";
import { log } from "../log";

/** A provider that can be configured: a row of the table in provider-entries.ts. */
export interface ProviderEntry {
  id: string;
  name: string;
  create(config: ProviderConfig): Provider;
  /** The environment variable of its key; absent when it needs none. */
  keyVariable?: ProviderVariable;
  baseUrlVariable?: ProviderVariable;
  defaultBaseUrl?: string;
  /** A server on this machine: it needs no key, and is listed only while it answers. */
  local?: boolean;
  /** It has no address of its own: one must be configured. */
  needsBaseUrl?: boolean;
  /** Chosen when nothing else was said. */
  defaultModel?: string;
}

const lookUpMs = 4000;
const localLookUpMs = 400;
const freshMs = 60_000;

interface LookUp {
  models: ModelInfo[];
  reason?: string;
}

export class Catalog {
  readonly #entries: ProviderEntry[];
  readonly #settings: SettingsFile;
  readonly #variables: Partial<Record<ProviderVariable, string>>;
  readonly #cache = new Map<string, { at: number; lookUp: Promise<LookUp> }>();
  /** The last answer of each provider, for `info`. */
  readonly #known = new Map<string, ModelInfo[]>();

  constructor(
    entries: ProviderEntry[],
    settings: SettingsFile,
    variables: Partial<Record<ProviderVariable, string>>,
  ) {
    this.#entries = entries;
    this.#settings = settings;
    this.#variables = variables;
  }

  has(id: string): boolean {
    return this.#entries.some((entry) => entry.id === id);
  }

  /** Always a provider: one that is not configured fails with what to do, once it is asked to stream. */
  provider(id: string): Provider {
    const entry = this.#entries.find((one) => one.id === id);
    if (entry === undefined) return unconfigured(id, `There is no provider named “${id}”.`);
    const missing = this.#missing(entry);
    if (missing !== undefined) return unconfigured(id, missing);
    return entry.create(this.#config(entry));
  }

  /** What is known of a model. If nothing is known of its provider yet, a look-up of this one begins meanwhile. */
  info(providerId: string, model: string): ModelInfo | undefined {
    const known = this.#known.get(providerId);
    const entry = this.#entries.find((one) => one.id === providerId);
    if (known === undefined && entry !== undefined)
      this.#cachedLookUp(entry).catch((error) =>
        log.error({ err: error }, "Looking up the models failed"),
      );
    return known?.find((one) => one.id === model);
  }

  defaultModel(providerId: string): string {
    const entry = this.#entries.find((one) => one.id === providerId);
    const { provider, model } = this.#settings.get();
    if (provider === providerId && model !== undefined) return model;
    return entry?.defaultModel ?? this.#known.get(providerId)?.[0]?.id ?? "";
  }

  /** What the settings say, else the first provider with a key, else a server on this machine, else the last entry (the demo). */
  async default(): Promise<{ provider: string; model: string }> {
    const chosen = this.#settings.get().provider;
    if (chosen !== undefined && this.has(chosen))
      return { provider: chosen, model: await this.#modelOf(chosen) };
    const keyed = this.#entries.find((entry) => entry.keyVariable && this.#keyOf(entry));
    if (keyed) return { provider: keyed.id, model: await this.#modelOf(keyed.id) };
    const lookUps = await this.#lookUps();
    const local = this.#entries.find(
      (entry) => entry.local && (lookUps.get(entry.id)?.models.length ?? 0) > 0,
    );
    const { id } = local ?? this.#entries.at(-1)!;
    return { provider: id, model: await this.#modelOf(id) };
  }

  /** Everything that can be chosen. Local servers that are not there are left out. Look-ups are cached for a minute. */
  async list(cwd: string): Promise<Models> {
    const lookUps = await this.#lookUps();
    const providers = this.#entries.flatMap((entry) => {
      const lookUp = lookUps.get(entry.id) ?? { models: [] };
      if (entry.local && lookUp.models.length === 0) return [];
      return [this.#describe(entry, lookUp)];
    });
    return { providers, default: await this.default(), cwd };
  }

  /** The settings have changed: everything is looked up again. */
  refresh(): void {
    this.#cache.clear();
  }

  async #modelOf(id: string): Promise<string> {
    const model = this.defaultModel(id);
    const entry = this.#entries.find((one) => one.id === id);
    if (model !== "" || entry === undefined) return model;
    await this.#cachedLookUp(entry);
    return this.defaultModel(id);
  }

  #describe(entry: ProviderEntry, lookUp: LookUp): ProviderInfo {
    const reason = this.#missing(entry) ?? lookUp.reason;
    const { baseUrl } = this.#config(entry);
    return defined({
      id: entry.id,
      name: entry.name,
      ready: reason === undefined,
      reason,
      key: entry.keyVariable && this.#keySource(entry),
      baseUrl,
      models: lookUp.models,
    });
  }

  async #lookUps(): Promise<Map<string, LookUp>> {
    const rows = this.#entries.map(
      async (entry) => [entry.id, await this.#cachedLookUp(entry)] as const,
    );
    return new Map(await Promise.all(rows));
  }

  #cachedLookUp(entry: ProviderEntry): Promise<LookUp> {
    const cached = this.#cache.get(entry.id);
    if (cached !== undefined && Date.now() - cached.at <= freshMs) return cached.lookUp;
    const lookUp = this.#lookUp(entry);
    this.#cache.set(entry.id, { at: Date.now(), lookUp });
    return lookUp;
  }

  async #lookUp(entry: ProviderEntry): Promise<LookUp> {
    const reason = this.#missing(entry);
    if (reason !== undefined) return { models: [], reason };
    const signal = AbortSignal.timeout(entry.local ? localLookUpMs : lookUpMs);
    try {
      const models = await entry.create(this.#config(entry)).models(signal);
      this.#known.set(entry.id, models);
      return { models };
    } catch (error) {
      if (error instanceof ProviderError) return { models: [], reason: error.message };
      if (signal.aborted) return { models: [], reason: `${entry.name} did not answer in time.` };
      throw error;
    }
  }

  /** What must be done before this provider can be used. */
  #missing(entry: ProviderEntry): string | undefined {
    if (entry.needsBaseUrl && this.#config(entry).baseUrl === undefined) {
      const variable = entry.baseUrlVariable ? `set ${entry.baseUrlVariable} or ` : "";
      return `${entry.name} needs an address: ${variable}enter it in the settings.`;
    }
    if (entry.keyVariable && !entry.needsBaseUrl && this.#keyOf(entry) === undefined)
      return `${entry.name} needs a key: set ${entry.keyVariable} or enter it in the settings.`;
    return undefined;
  }

  #config(entry: ProviderEntry): ProviderConfig {
    const kept = this.#settings.get().providers[entry.id];
    const baseUrl = kept?.baseUrl ?? this.#variable(entry.baseUrlVariable) ?? entry.defaultBaseUrl;
    return defined({ apiKey: this.#keyOf(entry), baseUrl });
  }

  #keyOf(entry: ProviderEntry): string | undefined {
    return this.#settings.get().providers[entry.id]?.apiKey ?? this.#variable(entry.keyVariable);
  }

  #keySource(entry: ProviderEntry): NonNullable<ProviderInfo["key"]> {
    if (this.#settings.get().providers[entry.id]?.apiKey) return "settings";
    return this.#variable(entry.keyVariable) ? "environment" : "none";
  }

  #variable(name: ProviderVariable | undefined): string | undefined {
    return name && this.#variables[name];
  }
}

function unconfigured(id: string, reason: string): Provider {
  const fail = () => new ProviderError(reason, { code: "not-configured", retryable: false });
  return {
    id,
    // oxlint-disable-next-line require-yield -- it can only fail
    async *stream() {
      throw fail();
    },
    models: () => Promise.reject(fail()),
  };
}
