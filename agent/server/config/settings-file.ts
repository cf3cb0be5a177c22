/** The settings of the settings page: provider keys and defaults, in a file that only its owner can read. */
import { z } from "zod";
import { defined } from "../../shared/defined";
import type {
  CommandSettings,
  Hook,
  LanguageServer,
  Limits,
  TitleChoice,
  WebView,
} from "../../shared/protocol";
import { defaultLimits } from "../../shared/protocol/job-limits";
import {
  type CommandsRequest,
  commandsRequest,
  definitionsOff,
  engineSettings,
  hookSettings,
  languageServerSettings,
  limitsRequest,
  mcpSettings,
  modelOptions,
  ownModels,
  roleChoices,
  type SettingsRequest,
  type WebChange,
  type WebSettings,
  titleChoice,
  webSettings,
  maxRoles,
} from "../../shared/requests";
import { readJson, writeJson } from "../json-file";
import { changedEngines } from "./engine-changes";
import { changedMcp } from "./mcp-changes";
import { options } from "./options";

const schema = z.object({
  provider: z.string().optional(),
  model: z.string().optional(),
  options: modelOptions.prefault({}),
  roles: roleChoices.prefault({}),
  titles: titleChoice.optional(),
  limits: limitsRequest.prefault({}),
  commands: commandsRequest.prefault({}),
  models: ownModels.default({}),
  engines: engineSettings.prefault({}),
  web: webSettings.prefault({}),
  mcp: mcpSettings.prefault({}),
  hooks: hookSettings.default([]),
  languageServers: languageServerSettings.default([]),
  definitionsOff: definitionsOff.default([]),
  providers: z
    .record(z.string(), z.object({ apiKey: z.string().optional(), baseUrl: z.string().optional() }))
    .default({}),
});

export type Settings = z.infer<typeof schema>;

export class SettingsFile {
  readonly #path: string;
  #settings: Settings;
  /** Given at this start. It overrides the file until it is changed here, and is not written. */
  #given: Partial<CommandSettings>;
  #givenTitles: TitleChoice | undefined;

  /** Throws when the file exists but cannot be read or is not what Rein writes, and when it contradicts what is given. */
  constructor(path: string, given: Partial<CommandSettings> = {}, titles?: TitleChoice) {
    this.#path = path;
    this.#settings = read(path);
    this.#given = given;
    this.#givenTitles = titles;
    const problem = contradiction(this.commands());
    if (problem !== undefined) throw new Error(problem);
  }

  get(): Settings {
    return this.#settings;
  }

  /** Changes what is named and writes the file (mode 0600, by a rename). Throws what the file system throws, and then changes nothing. */
  update(request: SettingsRequest): void {
    const next: Settings = structuredClone(this.#settings);
    set(next, "provider", request.provider);
    set(next, "model", request.model);
    next.options = request.options ?? next.options;
    next.roles = changedRoles(next.roles, request.roles ?? {});
    next.titles = request.titles ?? next.titles;
    for (const [id, change] of Object.entries(request.providers ?? {})) {
      const provider = (next.providers[id] ??= {});
      set(provider, "apiKey", change.apiKey);
      set(provider, "baseUrl", change.baseUrl);
    }
    for (const [id, models] of Object.entries(request.models ?? {}))
      for (const [model, facts] of Object.entries(models)) {
        const kept = (next.models[id] ??= {});
        if (facts === null) delete kept[model];
        else kept[model] = facts;
      }
    next.engines = changedEngines(next.engines, request.engines ?? {});
    if (request.web !== undefined) next.web = changedWeb(next.web, request.web);
    next.definitionsOff = request.definitionsOff ?? next.definitionsOff;
    next.mcp = changedMcp(next.mcp, request.mcp ?? { servers: {} });
    this.#save(next);
    if (request.titles !== undefined) this.#givenTitles = undefined;
  }

  web(): WebSettings {
    return this.#settings.web;
  }

  /** What is wrong with a change, as a sentence. */
  webProblem(change: WebChange): string | undefined {
    const { search } = change;
    if (!search || !isKeyed(search) || search.apiKey !== undefined) return undefined;
    return this.#settings.web.search?.service === search.service
      ? undefined
      : "This search service needs a key: enter it together with the choice.";
  }

  /** Without the key. */
  webView(): WebView {
    const { allowedPrivate, search } = this.#settings.web;
    if (search === undefined || !isKeyed(search)) return { allowedPrivate, ...defined({ search }) };
    return { allowedPrivate, search: { service: search.service } };
  }

  titles(): TitleChoice {
    return this.#givenTitles ?? this.#settings.titles ?? "auto";
  }

  hooks(): readonly Hook[] {
    return this.#settings.hooks;
  }

  setHooks(hooks: Hook[]): void {
    this.#save({ ...this.#settings, hooks });
  }

  languageServers(): readonly LanguageServer[] {
    return this.#settings.languageServers;
  }

  setLanguageServers(languageServers: LanguageServer[]): void {
    this.#save({ ...this.#settings, languageServers });
  }

  setLimits(limits: Limits): void {
    this.#save({ ...this.#settings, limits });
  }

  commands(): CommandSettings {
    return { ...defaultCommands, ...defined(this.#settings.commands), ...this.#given };
  }

  /** Changes what is named, for the next command. Returns what is wrong with it, and then changes nothing. */
  setCommands(request: CommandsRequest): string | undefined {
    const change = parsed(request);
    if (typeof change === "string") return change;
    const problem = contradiction({ ...this.commands(), ...change });
    if (problem !== undefined) return problem;
    this.#save({ ...this.#settings, commands: { ...this.#settings.commands, ...change } });
    const changed = Object.keys(change);
    const kept = Object.entries(this.#given).filter(([key]) => !changed.includes(key));
    this.#given = Object.fromEntries(kept);
    return undefined;
  }

  #save(next: Settings): void {
    writeJson(this.#path, next);
    this.#settings = next;
  }
}

const defaultCommands: CommandSettings = {
  sandbox: "auto",
  network: "on",
  environment: [],
  ...defaultLimits,
};

/** The lists as the options read them, or what is wrong with one. */
function parsed({ sandbox, network, environment, ...limits }: CommandsRequest) {
  const reads = {
    network: Array.isArray(network) ? options.network.parse(network.join(",")) : network,
    environment: environment && options.environment.parse(environment.join(",")),
  };
  if (network !== undefined && reads.network === undefined) return wrong(options.network);
  if (environment !== undefined && reads.environment === undefined)
    return wrong(options.environment);
  return defined({ sandbox, ...reads, ...limits });
}

function wrong({ expected }: { expected: string }): string {
  return `Expected ${expected}.`;
}

function contradiction({ sandbox, network }: CommandSettings): string | undefined {
  return sandbox === "off" && network !== "on"
    ? "Without the sandbox the network of commands cannot be limited: turn the sandbox on (REIN_SANDBOX=auto), or the network (REIN_NETWORK=on)."
    : undefined;
}

function read(path: string): Settings {
  const stored = readJson({
    path,
    name: "settings",
    parse: settingsIn,
    without: "with the defaults",
  });
  return stored ?? schema.parse({});
}

function settingsIn(text: string): Settings {
  const settings = schema.parse(JSON.parse(text, withoutBlankModel));
  const change = parsed(settings.commands);
  if (typeof change === "string") throw new Error(change);
  return settings;
}

/** An older version took a model without a name. */
function withoutBlankModel(key: string, value: unknown): unknown {
  return key === "model" && typeof value === "string" && value.trim() === "" ? undefined : value;
}

/** A key that is not named is kept while the service stays. */
/** What is chosen for nothing is not kept; of more than can be kept the newest are. */
function changedRoles(kept: Settings["roles"], change: Settings["roles"]): Settings["roles"] {
  const all = Object.entries({ ...kept, ...change });
  return Object.fromEntries(
    all.filter(([, choice]) => Object.keys(choice).length > 0).slice(-maxRoles),
  );
}

function changedWeb(kept: WebSettings, { search, allowedPrivate }: WebChange): WebSettings {
  const next = { ...kept, ...defined({ allowedPrivate }) };
  if (search === undefined) return next;
  if (search === null) return { allowedPrivate: next.allowedPrivate };
  if (!isKeyed(search)) return { ...next, search };
  const { service, apiKey } = search;
  const had = kept.search;
  const key = apiKey ?? (had && isKeyed(had) && had.service === service ? had.apiKey : undefined);
  return key === undefined ? next : { ...next, search: { service, apiKey: key } };
}

type Search = NonNullable<WebChange["search"]>;

function isKeyed<One extends Search>(
  search: One,
): search is Extract<One, { service: "brave" | "tavily" }> {
  return search.service === "brave" || search.service === "tavily";
}

function set<Key extends string>(
  target: { [key in Key]?: string | undefined },
  key: Key,
  value: string | null | undefined,
): void {
  if (value === null) delete target[key];
  else if (value !== undefined) target[key] = value;
}
