/** Which providers there are, how each is reached now, and which models they offer. */
import { isDeepStrictEqual } from "node:util";
import { settledOrAborted } from "../abort";
import { defined } from "../../shared/defined";
import type { ModelInfo, Models, ProviderInfo, ProviderTest } from "../../shared/protocol";
import type { ProviderTestRequest } from "../../shared/requests";
import type { Provider, ProviderConfig } from "../providers/provider";
import type { ProviderVariable } from "../config/options";
import type { SettingsFile } from "../config/settings-file";
import { KnownModels } from "./known-models";
import type { LookUp } from "./model-look-ups";
import type { ProviderProblem } from "./provider-problem";
import { describeProvider } from "./describe-provider";
import { testProvider } from "./provider-test";
import {
  type Entered,
  entryProblem,
  type GivenProviders,
  type ProviderEntry,
  ProviderSetUp,
} from "./provider-set-up";
import { type GateTarget, gateTarget } from "./gate-target";
import { watchRefusals } from "./chat-refusals";
import { smallModel } from "./small-model";
import { unconfigured } from "./unconfigured-provider";

/** How long a run waits for the list of a server on this machine, which a busy machine delays. */
const runWaitMs = 4_000;

/** A provider with the key and address that it was made for, and why it refused the key at the last chat, if it did. */
interface Created {
  config: ProviderConfig;
  provider: Provider;
  refusal?: ProviderProblem | undefined;
}

export class Catalog {
  readonly #entries: ProviderEntry[];
  readonly #settings: SettingsFile;
  readonly #setUp: ProviderSetUp;
  readonly #models: KnownModels;
  readonly #providers = new Map<string, Created>();

  constructor(
    entries: ProviderEntry[],
    settings: SettingsFile,
    variables: Partial<Record<ProviderVariable, string>>,
    given: GivenProviders = {},
  ) {
    this.#entries = entries;
    this.#settings = settings;
    this.#setUp = new ProviderSetUp(settings, variables, given);
    this.#models = new KnownModels(settings, this.#setUp);
  }

  has(id: string): boolean {
    return this.#entry(id) !== undefined;
  }

  #entry(id: string): ProviderEntry | undefined {
    return this.#entries.find((one) => one.id === id);
  }

  /** For people. */
  nameOf(id: string): string {
    return this.#entry(id)?.name ?? id;
  }

  /** What it still needs before it can be used, as a sentence; undefined when it can be. */
  lack(id: string): string | undefined {
    const entry = this.#entry(id);
    return entry && this.#setUp.missing(entry)?.reason;
  }

  /** Always a provider: one that is not configured fails with what to do, once it is asked to stream. */
  provider(id: string): Provider {
    const entry = this.#entry(id);
    if (entry === undefined) return unconfigured(id, `There is no provider named “${id}”.`);
    const missing = this.#setUp.missing(entry);
    if (missing !== undefined) return unconfigured(id, missing.reason);
    return this.#create(entry);
  }

  /** How an engine's requests reach the provider; or why they cannot, in a sentence for people. */
  gateTarget(id: string): GateTarget | { missing: string } {
    const entry = this.#entry(id);
    if (entry === undefined) return { missing: `There is no provider named “${id}”.` };
    const missing = this.#setUp.missing(entry)?.reason;
    return missing === undefined ? gateTarget(entry, this.#setUp.config(entry)) : { missing };
  }

  /** The providers that are set up here and that others can reach: by their gate, those that have a key. */
  shared(): { id: string; baseUrl?: string; isKeyed: boolean }[] {
    return this.#entries.flatMap((entry) => {
      const isOpen = !("missing" in this.gateTarget(entry.id));
      const entered = this.#setUp.entered(entry);
      const isKeyed = this.#setUp.keyOf(entry) !== undefined;
      if (!isOpen || (entered === undefined && !isKeyed)) return [];
      return { id: entry.id, isKeyed, ...defined({ baseUrl: this.#setUp.config(entry).baseUrl }) };
    });
  }

  /** One for as long as its key and address stay the same: it remembers what its service has refused. */
  #create(entry: ProviderEntry): Provider {
    const kept = this.#created(entry);
    if (kept !== undefined) return kept.provider;
    const config = this.#setUp.config(entry);
    const bare = entry.create(config);
    // A server on this machine that needs a key lists nothing without it: a chat is refused for a model that runs elsewhere.
    const provider = entry.local ? bare : watchRefusals(bare, (told) => (made.refusal = told));
    const made: Created = { config, provider };
    this.#providers.set(entry.id, made);
    return provider;
  }

  #created(entry: ProviderEntry): Created | undefined {
    const kept = this.#providers.get(entry.id);
    return kept && isDeepStrictEqual(kept.config, this.#setUp.config(entry)) ? kept : undefined;
  }

  /** The settings' own choices: what new sessions begin with, and what subagents use by their roles. */
  choices(): Pick<Models, "options" | "roles" | "titles" | "web"> {
    const { options, roles } = this.#settings.get();
    return { options, roles, titles: this.#settings.titles(), web: this.#settings.webView() };
  }

  /**
   * What names a session of this model: where the provider's own list has a small model that is known to cost less, that;
   * else the model itself, so on this machine, where another would have to be loaded in its place. Undefined: nothing asks
   * (the demo is scripted).
   */
  titleModel(providerId: string, model: string): string | undefined {
    const entry = this.#entry(providerId);
    if (entry === undefined || entry.free) return undefined;
    if (entry.local) return model;
    const listed = this.#models.latest(entry).map((one) => this.#models.withFacts(entry, one));
    return smallModel(providerId, listed, this.info(providerId, model)) ?? model;
  }

  /** On this machine one request may have to wait for another. */
  isLocal(providerId: string): boolean {
    return this.#entry(providerId)?.local === true;
  }

  /**
   * What is known of a model, listed or not. If that is old, or nothing is known of its provider yet, this one is asked
   * meanwhile.
   */
  info(providerId: string, model: string): ModelInfo | undefined {
    const entry = this.#entry(providerId);
    return entry && this.#models.info(entry, model);
  }

  /** Whether there is such a model, as far as this is known now. */
  knows(providerId: string, model: string): boolean {
    const entry = this.#entry(providerId);
    return entry !== undefined && this.#models.knows(entry, model);
  }

  /**
   * Before a model is asked: what it is sent must fit into its window, so that of one on this machine is waited for while
   * it is not known, longer than a page waits. A stop ends the wait.
   */
  async settledWindow(providerId: string, model: string, signal: AbortSignal): Promise<void> {
    const entry = this.#entry(providerId);
    if (entry?.local && this.info(providerId, model)?.contextTokens === undefined)
      await settledOrAborted(this.#models.look(entry, runWaitMs), signal);
  }

  /** The same as `info`, once its price is known, or cannot be: that may wait for the service's list. A stop ends the wait. */
  async settledInfo(
    providerId: string,
    model: string,
    signal: AbortSignal,
  ): Promise<ModelInfo | undefined> {
    const entry = this.#entry(providerId);
    if (entry === undefined) return undefined;
    await settledOrAborted(this.#models.loadPrices(entry), signal);
    const info = this.info(providerId, model);
    if (info?.price !== undefined) return info;
    await settledOrAborted(this.#models.look(entry), signal);
    return this.info(providerId, model);
  }

  /** What is used of a provider where no model is named; "" while none is known. */
  defaultModel(providerId: string): string {
    const entry = this.#entry(providerId);
    return entry ? (this.#ownDefault(entry) ?? this.#models.latest(entry)[0]?.id ?? "") : "";
  }

  /** The model that is used of it whatever it lists. */
  #ownDefault({ id, defaultModel }: ProviderEntry): string | undefined {
    const { provider, model } = this.#settings.get();
    return provider === id && model !== undefined ? model : defaultModel;
  }

  /** The same, once its list is known, or cannot be; "" when no model is known then. */
  async settledDefaultModel(providerId: string): Promise<string> {
    const model = this.defaultModel(providerId);
    const entry = this.#entry(providerId);
    if (model !== "" || entry === undefined) return model;
    await this.#models.look(entry);
    return this.defaultModel(providerId);
  }

  /**
   * What the settings say, else the first provider with a key, else a server that lists a model (one whose address was
   * entered, or one on this machine), else the last entry (the demo).
   */
  default(): Promise<Models["default"]> {
    return this.#default((entry) => this.#models.look(entry));
  }

  async #default(look: (entry: ProviderEntry) => Promise<LookUp>) {
    const entry = this.#chosen() ?? (await this.#firstServer(look)) ?? this.#entries.at(-1)!;
    const model = this.#ownDefault(entry) ?? (await look(entry)).models[0]?.id ?? "";
    return { provider: entry.id, model };
  }

  /** Named by the settings, else the first with a key. */
  #chosen(): ProviderEntry | undefined {
    const named = this.#settings.get().provider;
    return (
      this.#entries.find(({ id }) => id === named) ??
      this.#entries.find((one) => one.keyVariable && this.#setUp.keyOf(one))
    );
  }

  async #firstServer(look: (entry: ProviderEntry) => Promise<LookUp>) {
    const entries = this.#entries.filter(({ local, needsBaseUrl }) => local || needsBaseUrl);
    const lookUps = await Promise.all(entries.map(look));
    return entries.find((_, index) => lookUps[index]!.models.length > 0);
  }

  /** Everything that can be chosen, and the `named` model where no list has it. Look-ups are cached for a minute. */
  async list(cwd: string, named: { provider?: string; model?: string } = {}): Promise<Models> {
    const lookUps = await this.#models.lookAll(this.#entries);
    // Of the same look-ups: a server may answer meanwhile, and a default is never one that the list lacks.
    const chosen = await this.#default(async ({ id }) => lookUps.get(id)!);
    const { provider: namedFor, model = "" } = named;
    const providers: ProviderInfo[] = [];
    for (const entry of this.#entries) {
      const lookUp = lookUps.get(entry.id)!;
      const models = entry.id === namedFor ? withModel(lookUp, namedFor, model) : lookUp.models;
      await this.#models.prepare(entry, models);
      const described = models.map((one) => this.#models.withFacts(entry, one));
      const refusal = this.#created(entry)?.refusal;
      const { statesCost } = this.provider(entry.id);
      const told = describeProvider(entry, this.#setUp, lookUp, { refusal, statesCost });
      providers.push({ ...told, models: described });
    }
    const own = this.#settings.get().models;
    return { providers, default: chosen, ...this.choices(), own, cwd };
  }

  /** What is wrong with a key or an address that is to be entered for a provider, and what to enter instead. */
  entryProblem(id: string, entered: Entered): string | undefined {
    const entry = this.#entry(id);
    return entry && entryProblem(entry, entered);
  }

  /**
   * What a service says to a key and an address that are not saved. It is an existing provider. Rejects only with the
   * reason of `signal`, which closes the connection.
   */
  test(
    id: string,
    { model, ...entered }: ProviderTestRequest,
    signal: AbortSignal,
  ): Promise<ProviderTest> {
    const entry = this.#entry(id)!;
    return testProvider(entry, this.#setUp.with(id, entered), model, signal);
  }

  /** Loads the SDK that the first message of a new session would wait for. No service is asked. */
  async loadProvider(): Promise<void> {
    const entry = this.#chosen();
    if (entry !== undefined) await this.provider(entry.id).load?.();
  }

  /** Where they may be needed; see PriceList.load. */
  async loadPrices(): Promise<void> {
    const entry = this.#chosen();
    if (entry !== undefined) await this.#models.loadPrices(entry);
  }

  /** What the front gives from now on. */
  give(given: GivenProviders): void {
    if (this.#setUp.give(given)) this.refresh();
  }

  /** The settings have changed: everything is looked up again. */
  refresh(): void {
    this.#models.expire();
  }
}

function withModel({ models }: LookUp, provider: string, id: string): ModelInfo[] {
  const isListed = id === "" || models.some((one) => one.id === id);
  return isListed ? models : [...models, { provider, id, name: id }];
}
