/** The settings of the settings page: provider keys and defaults, in a file that only its owner can read. */
import { z } from "zod";
import { defined } from "../../shared/defined";
import type { CommandSettings, Limits, TitleChoice } from "../../shared/protocol";
import {
  type CommandsRequest,
  commandsRequest,
  engineSettings,
  limitsRequest,
  mcpSettings,
  modelOptions,
  ownModels,
  roleChoices,
  type SettingsRequest,
  titleChoice,
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
  mcp: mcpSettings.prefault({}),
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
    next.roles = { ...next.roles, ...request.roles };
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
    next.mcp = changedMcp(next.mcp, request.mcp ?? { servers: {} });
    this.#save(next);
    if (request.titles !== undefined) this.#givenTitles = undefined;
  }

  titles(): TitleChoice {
    return this.#givenTitles ?? this.#settings.titles ?? "auto";
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

const defaultCommands: CommandSettings = { sandbox: "auto", network: "on", environment: [] };

/** The lists as the options read them, or what is wrong with one. */
function parsed({ sandbox, network, environment }: CommandsRequest) {
  const reads = {
    network: Array.isArray(network) ? options.network.parse(network.join(",")) : network,
    environment: environment && options.environment.parse(environment.join(",")),
  };
  if (network !== undefined && reads.network === undefined) return wrong(options.network);
  if (environment !== undefined && reads.environment === undefined)
    return wrong(options.environment);
  return defined({ sandbox, ...reads });
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

function set<Key extends string>(
  target: { [key in Key]?: string | undefined },
  key: Key,
  value: string | null | undefined,
): void {
  if (value === null) delete target[key];
  else if (value !== undefined) target[key] = value;
}
