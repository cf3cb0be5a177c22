/** What an editor can choose of a session, as modes and configuration options of ACP: permissions, engine, model, effort. */
import type { SessionConfigOption, SessionModeState } from "@agentclientprotocol/sdk";
import { permissionChoicesFor } from "../../client/state/permission-choices";
import { defined } from "../../shared/defined";
import {
  type Effort,
  type EngineInfo,
  type ModelInfo,
  type ModelOptions,
  type Models,
  ownLoginModel,
  type Permissions,
  type ProviderInfo,
  type Session,
} from "../../shared/protocol";
import type { ChatRequest } from "../../shared/requests";
import { visibleString } from "../../shared/visible-text";
import { invalid } from "./request-errors";

/** What there is to choose from. */
export interface Offer {
  models: Models;
  engines: EngineInfo[];
}

/** What is chosen: of a session, or for one that begins with its first message. */
export interface Chosen {
  permissions: Permissions;
  /** Absent: Rein's own loop. */
  engine?: string;
  /** With an engine that uses its own log-in: the engine's id. Absent: the server's default. */
  provider?: string;
  model?: string;
  options?: ModelOptions;
  /** Its engine stays. */
  hasBegun?: true;
}

export function chosenIn({ permissions, engine, provider, model, options }: Session): Chosen {
  return {
    ...defined({ permissions, engine: engine?.id, provider, model, options }),
    hasBegun: true,
  };
}

/** Of what is chosen, the fields that a session that exists has too. */
export function settingsOf({ permissions, provider, model, options }: Session): Partial<Session> {
  return { permissions, provider, model, ...defined({ options }) };
}

/** What the first message sets of its session. */
export function settingsOfFirst({
  engine,
  provider,
  model,
  options,
  permissions,
}: Chosen): Partial<ChatRequest> {
  // An engine uses its own log-in where no provider is named.
  const isOwnLogin = engine !== undefined && provider === engine;
  return {
    permissions,
    ...defined({
      engine,
      options,
      provider: isOwnLogin ? undefined : provider,
      model: model === ownLoginModel ? undefined : model,
    }),
  };
}

export function modesOf({ permissions, engine }: Chosen): SessionModeState {
  const availableModes = permissionChoicesFor(engine !== undefined).map(({ id, name, words }) => ({
    id,
    name,
    description: words,
  }));
  return { currentModeId: permissions, availableModes };
}

/** Throws a RequestError for one that the session's engine, where it has one, does not have. */
export function readMode(id: string, engine: string | undefined): Permissions {
  const choices = permissionChoicesFor(engine !== undefined);
  const found = choices.find((one) => one.id === id);
  if (found === undefined)
    throw invalid(`There is no mode “${id}”: it is ${choices.map((one) => one.id).join(", ")}.`);
  return found.id;
}

export function configOptionsOf(offer: Offer, chosen: Chosen): SessionConfigOption[] {
  return [
    modeOption(chosen),
    engineOption(offer, chosen),
    modelOption(offer, chosen),
    effortOption(offer, chosen),
  ].filter((one) => one !== undefined);
}

/** What is chosen after the change. Throws a RequestError for what is not offered. */
export function withOption(offer: Offer, chosen: Chosen, configId: string, value: unknown): Chosen {
  const option = configOptionsOf(offer, chosen).find(({ id }) => id === configId);
  if (option === undefined) throw invalid(`There is no option “${configId}”.`);
  if (typeof value !== "string" || !valuesOf(option).includes(value))
    throw invalid(`The option “${configId}” has no such value: ${JSON.stringify(value)}.`);
  if (configId === "mode") return { ...chosen, permissions: readMode(value, chosen.engine) };
  if (configId === "engine") return withEngine(offer, chosen, value);
  if (configId === "model") return { ...chosen, ...modelIn(value) };
  const { effort: _before, ...options } = chosen.options ?? {};
  const effort = value === unset ? {} : { effort: value as Effort };
  return { ...chosen, options: { ...options, ...effort } };
}

function valuesOf(option: SessionConfigOption): string[] {
  if (option.type !== "select") return [];
  return option.options
    .flatMap((one) => ("group" in one ? one.options : [one]))
    .map(({ value }) => value);
}

const ownLoop = "rein";
const unset = "default";

function modeOption({ permissions, engine }: Chosen): SessionConfigOption {
  const options = permissionChoicesFor(engine !== undefined).map(({ id, name, words }) => ({
    value: id,
    name,
    description: words,
  }));
  return {
    type: "select",
    id: "mode",
    name: "Permissions",
    category: "mode",
    currentValue: permissions,
    options,
  };
}

/** None when there is only Rein's own loop. */
function engineOption(
  { engines }: Offer,
  { engine, hasBegun }: Chosen,
): SessionConfigOption | undefined {
  const own = { value: ownLoop, name: "Rein" };
  const others = engines
    .filter(({ id, state }) => state === "ready" || id === engine)
    .map(({ id, name }) => ({ value: id, name: visibleString(name) }));
  const currentValue = engine ?? ownLoop;
  const all = [own, ...others];
  if (all.every(({ value }) => value !== currentValue))
    all.push({ value: currentValue, name: currentValue });
  const options = hasBegun ? all.filter(({ value }) => value === currentValue) : all;
  if (all.length === 1) return undefined;
  return {
    type: "select",
    id: "engine",
    name: "Engine",
    category: "_engine",
    currentValue,
    options,
  };
}

/** The model of another engine is none of its. */
function withEngine(offer: Offer, { permissions }: Chosen, value: string): Chosen {
  if (value === ownLoop) return { permissions };
  const chosen: Chosen = {
    permissions: permissions === "plan" ? "ask" : permissions,
    engine: value,
  };
  const provider = providersOf(offer, chosen).find(
    ({ ready, models }) => ready && models.length > 0,
  );
  return { ...chosen, ...defined({ provider: provider?.id, model: provider?.models[0]?.id }) };
}

/** Those of its engine, its own log-in first; with a conversation it keeps its way to a model. */
function providersOf(
  { models, engines }: Offer,
  { engine: id, provider, hasBegun }: Chosen,
): ProviderInfo[] {
  if (id === undefined) return models.providers;
  const engine = engines.find((one) => one.id === id);
  const taken = models.providers.filter((one) => engine?.providers.includes(one.id));
  const login: ProviderInfo = {
    id,
    name: "Its own log-in",
    ready: true,
    state: "ready",
    models: [{ provider: id, id: ownLoginModel, name: "Its default model" }],
  };
  if (hasBegun) return provider === id ? [login] : taken;
  return engine?.ownLogin ? [login, ...taken] : taken;
}

function currentModel({ models }: Offer, { provider, model }: Chosen) {
  return { provider: provider ?? models.default.provider, model: model ?? models.default.model };
}

function modelOption(offer: Offer, chosen: Chosen): SessionConfigOption | undefined {
  const current = currentModel(offer, chosen);
  const currentValue = modelValue(current.provider, current.model);
  const providers = providersOf(offer, chosen).filter(({ ready }) => ready);
  const groups = providers
    .filter(({ models }) => models.length > 0)
    .map(({ id, name, models }) => ({
      group: id,
      name: visibleString(name),
      options: models.map((one) => ({
        value: modelValue(id, one.id),
        name: visibleString(one.name),
      })),
    }));
  const isListed = groups.some(({ options }) =>
    options.some(({ value }) => value === currentValue),
  );
  // A model whose name was typed is in no list.
  if (!isListed && current.model !== "")
    groups.unshift({
      group: "current",
      name: visibleString(current.provider),
      options: [{ value: currentValue, name: visibleString(current.model) }],
    });
  if (groups.length === 0) return undefined;
  return {
    type: "select",
    id: "model",
    name: "Model",
    category: "model",
    currentValue,
    options: groups,
  };
}

/** No provider has a slash in its id; a model may. */
function modelValue(provider: string, model: string): string {
  return `${provider}/${model}`;
}

function modelIn(value: string): { provider: string; model: string } {
  const at = value.indexOf("/");
  return { provider: value.slice(0, at), model: value.slice(at + 1) };
}

function effortOption(offer: Offer, chosen: Chosen): SessionConfigOption | undefined {
  const efforts = effortsOf(offer, chosen);
  const { effort } = chosen.options ?? {};
  if (efforts.length === 0) return undefined;
  const options = [
    { value: unset, name: "Default" },
    ...efforts.map((one) => ({ value: one, name: one[0]!.toUpperCase() + one.slice(1) })),
  ];
  const currentValue = effort !== undefined && efforts.includes(effort) ? effort : unset;
  return {
    type: "select",
    id: "effort",
    name: "Effort",
    category: "thought_level",
    currentValue,
    options,
  };
}

function effortsOf(offer: Offer, chosen: Chosen): readonly Effort[] {
  if (chosen.engine !== undefined)
    return offer.engines.find(({ id }) => id === chosen.engine)?.gives.efforts ?? [];
  const { provider, model } = currentModel(offer, chosen);
  const found: ModelInfo | undefined = offer.models.providers
    .find(({ id }) => id === provider)
    ?.models.find(({ id }) => id === model);
  return found?.allows?.efforts ?? [];
}
