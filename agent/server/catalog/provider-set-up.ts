/** What was set up of each provider, in the settings or by variables: its key, its address, and what is missing. */
import { defined } from "../../shared/defined";
import type { ProviderInfo } from "../../shared/protocol";
import type { SettingsRequest } from "../../shared/requests";
import type { GivenByFront } from "../config/given-by-front";
import type { ProviderVariable } from "../config/options";
import type { SettingsFile } from "../config/settings-file";
import type { ProviderConfig } from "../providers/provider";
import { type AddressForm, readBaseUrl } from "./base-url";
import { keyProblem } from "./key-problem";
import type { ModelSource, ProviderProblem } from "./provider-problem";

/** A provider that can be configured: a row of the table in provider-entries.ts. */
export interface ProviderEntry extends ModelSource {
  /** Absent: it has no address. */
  form?: AddressForm;
  /** The environment variable of its key; absent when it needs none. */
  keyVariable?: ProviderVariable;
  baseUrlVariable?: ProviderVariable;
  defaultBaseUrl?: string;
  /** A server on this machine: it needs no key, and is offered only while it answers, or when its address was entered. */
  local?: boolean;
  /** It has no address of its own: one must be configured. */
  needsBaseUrl?: boolean;
  /** Where people get a key, to be read. */
  keyPage?: string;
  /** Its name in the list of prices; without one it is known there by its address. */
  pricesAs?: string;
  /** Using it costs nothing. A server on this machine is free, too. */
  free?: boolean;
  /** Chosen when nothing else was said. */
  defaultModel?: string;
}

/** Of one provider; null removes what there is. */
export type Entered = NonNullable<SettingsRequest["providers"]>[string];

/** What a front gives the server of a person: the token of its gate stands for the key. */
export type GivenProviders = GivenByFront["providers"];

/** As the settings file has them. */
interface StoredProviders {
  get(): Pick<ReturnType<SettingsFile["get"]>, "providers">;
}

export class ProviderSetUp {
  readonly #settings: StoredProviders;
  readonly #variables: Partial<Record<ProviderVariable, string>>;
  #given: GivenProviders;

  constructor(
    settings: StoredProviders,
    variables: Partial<Record<ProviderVariable, string>>,
    given: GivenProviders,
  ) {
    this.#settings = settings;
    this.#variables = variables;
    this.#given = given;
  }

  /** In the place of what was given before. Returns whether it is something else. */
  give(given: GivenProviders): boolean {
    const isOther = !Bun.deepEquals(given, this.#given);
    this.#given = given;
    return isOther;
  }

  /** The same with what is to be entered for one provider, as it would be after it was saved. */
  with(id: string, entered: Entered): ProviderSetUp {
    const { providers } = this.#settings.get();
    const changed = Object.fromEntries(
      Object.entries({ ...providers[id], ...defined(entered) }).filter(([, one]) => one !== null),
    );
    const get = () => ({ providers: { ...providers, [id]: changed } });
    return new ProviderSetUp({ get }, this.#variables, this.#given);
  }

  /** Whether its key or its address is one of the settings. */
  isStored({ id }: ProviderEntry): boolean {
    const { apiKey, baseUrl } = this.#settings.get().providers[id] ?? {};
    return apiKey !== undefined || baseUrl !== undefined;
  }

  /** What must be done before this provider can be used. */
  missing(entry: ProviderEntry): ProviderProblem | undefined {
    const { baseUrlVariable } = entry;
    const entered = this.entered(entry);
    const problem = entered && addressProblem(entry, entered);
    if (problem) {
      const reason = `The address of ${entry.name} cannot be used: ${problem}`;
      return { state: "wrong-address", reason };
    }
    if (entry.needsBaseUrl && entered === undefined) {
      const variable = baseUrlVariable ? `set ${baseUrlVariable} or ` : "";
      const reason = `${entry.name} needs an address: ${variable}enter it in the settings.`;
      return { state: "not-set-up", reason };
    }
    if (entry.keyVariable && !entry.needsBaseUrl && this.keyOf(entry) === undefined) {
      const reason = `${entry.name} needs a key: set ${entry.keyVariable} or enter it in the settings.`;
      return { state: "not-set-up", reason };
    }
    return this.#unusableKey(entry);
  }

  #unusableKey(entry: ProviderEntry): ProviderProblem | undefined {
    const problem = keyProblem(this.keyOf(entry) ?? "");
    if (problem === undefined) return undefined;
    const source = this.keySource(entry) === "environment" ? ` (${entry.keyVariable})` : "";
    const reason = `The key of ${entry.name}${source} ${problem}, and enter it in the settings.`;
    return { state: "wrong-key", reason };
  }

  /** What its provider is created with. An address is completed; one that cannot be used stays as it was entered. */
  config(entry: ProviderEntry): ProviderConfig {
    const entered = this.entered(entry) ?? entry.defaultBaseUrl;
    const read = entered !== undefined && entry.form && readBaseUrl(entered, entry.form);
    // One that cannot be used is shown as it was entered.
    const baseUrl = read && "baseUrl" in read ? read.baseUrl : entered;
    // A key of the settings comes before that of the variable, which would help nothing.
    const keyVariable = this.keySource(entry) === "settings" ? undefined : entry.keyVariable;
    return defined({ apiKey: this.keyOf(entry), baseUrl, keyVariable });
  }

  /** The address as it was entered, in the settings or else by its variable; undefined when none was. */
  entered(entry: ProviderEntry): string | undefined {
    return (
      this.#settings.get().providers[entry.id]?.baseUrl ??
      this.#variable(entry.baseUrlVariable) ??
      this.#given[entry.id]?.baseUrl
    );
  }

  /** The key, of the settings or else of its variable; undefined when there is none. */
  keyOf(entry: ProviderEntry): string | undefined {
    return (
      this.#settings.get().providers[entry.id]?.apiKey ??
      this.#variable(entry.keyVariable) ??
      this.#given[entry.id]?.gate?.token
    );
  }

  /** Where `keyOf` is from. */
  keySource(entry: ProviderEntry): NonNullable<ProviderInfo["key"]> {
    if (this.#settings.get().providers[entry.id]?.apiKey) return "settings";
    return this.keyOf(entry) === undefined ? "none" : "environment";
  }

  #variable(name: ProviderVariable | undefined): string | undefined {
    return (name && this.#variables[name]?.trim()) || undefined;
  }
}

/** What is wrong with a key or an address that is to be entered for a provider, and what to enter instead. */
export function entryProblem(
  entry: ProviderEntry,
  { apiKey, baseUrl }: Entered,
): string | undefined {
  const ofKey = keyProblem(apiKey ?? "");
  if (ofKey !== undefined) return `The key of ${entry.name} ${ofKey}, and enter it again.`;
  return baseUrl ? addressProblem(entry, baseUrl) : undefined;
}

function addressProblem(
  { form, defaultBaseUrl }: ProviderEntry,
  entered: string,
): string | undefined {
  const read = form && readBaseUrl(entered, form, defaultBaseUrl);
  return read && "problem" in read ? read.problem : undefined;
}
