/** The engines that can drive a session, and what a session with one can choose. */
import { type Accessor, createSignal } from "solid-js";
import { defined } from "../../shared/defined";
import {
  type EngineInfo,
  type Models,
  ownLoginModel,
  type ProviderInfo,
  type RoleChoice,
  type Session,
  type SessionEngine,
  type SessionPatch,
} from "../../shared/protocol";
import { api, logFailure, requestTimeout } from "./api-client";
import type { ReadingModel } from "../../shared/file-bounds";
import { chosenModel, findModel, findProvider } from "./model-list";
import { t } from "../../shared/translation";

export interface EnginesState {
  /** Undefined until they were needed. */
  engines: Accessor<EngineInfo[] | undefined>;
  /** Never rejects: without an answer, what is known stays. */
  refresh: () => Promise<void>;
}

export function createEngines(): EnginesState {
  const [engines, setEngines] = createSignal<EngineInfo[]>();
  return {
    engines,
    async refresh() {
      try {
        const next = await api.engines(requestTimeout());
        // An unchanged list is not drawn again: what is typed in one of its forms would be lost.
        if (JSON.stringify(next) !== JSON.stringify(engines())) setEngines(next);
      } catch (error) {
        logFailure("The list of engines could not be loaded", error);
      }
    },
  };
}

export function findEngine(engines: EngineInfo[] | undefined, id: string | undefined) {
  return engines?.find((engine) => engine.id === id);
}

/** What can be chosen: the engines that can run here, and the one that is chosen already. */
export function choosableEngines(
  engines: EngineInfo[] | undefined,
  chosen: ChosenEngine,
): EngineInfo[] {
  return engines?.filter(({ id, state }) => state === "ready" || id === chosen.engine?.id) ?? [];
}

/** Those that answer without a key in Rein: by a log-in of their own. */
export function keylessEngines(engines: EngineInfo[] | undefined): EngineInfo[] {
  return engines?.filter(({ state, ownLogin }) => state === "ready" && ownLogin) ?? [];
}

/** For people; of one that is gone, the name that it had last. */
export function engineName(
  engines: EngineInfo[] | undefined,
  engine: SessionEngine | undefined,
): string | undefined {
  return engine && (findEngine(engines, engine.id)?.name ?? engine.name ?? engine.id);
}

/** Whether a message reaches the model while a run goes on: with an engine, where that takes it. */
export function reachesTurn(engines: EngineInfo[] | undefined, { engine }: ChosenEngine): boolean {
  return engine === undefined || findEngine(engines, engine.id)?.gives.steers === true;
}

export type ChosenEngine = Pick<SessionPatch, "engine" | "provider" | "model">;

/** Whether its engine reaches the model by a log-in of its own. */
export function usesOwnLogin({ engine, provider }: ChosenEngine): boolean {
  return engine !== undefined && provider === engine.id;
}

/** What is to read the files of a message; undefined while no model is chosen. */
export function fileReader(
  models: Models | undefined,
  engines: EngineInfo[] | undefined,
  chosen: ChosenEngine,
): ReadingModel | undefined {
  const { provider, model } = chosenModel(models, chosen);
  if (provider === "" || model === "") return undefined;
  if (chosen.engine === undefined) {
    const { takes, contextTokens } = findModel(models, provider, model) ?? {};
    return { provider, model, takes, contextTokens };
  }
  const engine = findEngine(engines, chosen.engine.id);
  const service = usesOwnLogin(chosen) ? (engine?.providers[0] ?? provider) : provider;
  return { provider: service, model, takes: chosen.engine.takes ?? engine?.gives.takes };
}

/** Its engine then keeps the way by which it reached a model. */
export function hasConversation({ engine }: Pick<Session, "engine">): boolean {
  return engine?.conversationId !== undefined;
}

/** The log-in of an engine, as a provider among others. */
export function ownLogin({ id }: Pick<EngineInfo, "id">): ProviderInfo {
  const models = [{ provider: id, id: ownLoginModel, name: t("Its default model") }];
  return { id, name: t("Its own log-in"), ready: true, state: "ready", models };
}

/** What a session can choose of: all providers, or those of its engine. One whose engine has a conversation keeps its way to a model. */
export function offeredProviders(
  models: Models | undefined,
  engine: EngineInfo | undefined,
  chosen: ChosenEngine,
  hasBegun: boolean,
): ProviderInfo[] {
  const providers = models?.providers ?? [];
  if (chosen.engine === undefined) return providers;
  const taken = providers.filter(({ id }) => engine?.providers.includes(id));
  if (!hasBegun && engine) return engine.ownLogin ? [...taken, ownLogin(engine)] : taken;
  return usesOwnLogin(chosen) ? [ownLogin(chosen.engine)] : taken;
}

/** What a new session with this engine begins with: what is chosen, where the engine takes it; else a provider that is set up; else its log-in. */
export function beginWith(
  models: Models | undefined,
  engine: EngineInfo,
  chosen: ChosenEngine,
): ChosenEngine {
  const { provider, model } = chosenModel(models, chosen);
  const offered = offeredProviders(models, engine, { engine: { id: engine.id } }, false);
  const isTaken = engine.providers.includes(provider) && findProvider(models, provider)?.ready;
  const first = offered.find((one) => one.ready && one.models.length > 0);
  const fallback = { provider: first?.id, model: first?.models[0]?.id ?? "" };
  return { engine: { id: engine.id }, ...(isTaken ? { provider, model } : fallback) };
}

/** As a request names it: without a provider, an engine uses its own log-in; without a model, the one that it chooses. */
export function namedIn(chosen: ChosenEngine): RoleChoice {
  const { engine, provider, model } = chosen;
  if (!usesOwnLogin(chosen)) return defined({ engine: engine?.id, provider, model });
  return defined({ engine: engine?.id, model: model === ownLoginModel ? undefined : model });
}

/** The other way round. */
export function chosenBy({ engine, provider, model }: RoleChoice): ChosenEngine {
  if (engine === undefined) return defined({ provider, model });
  return {
    engine: { id: engine },
    provider: provider ?? engine,
    model: model ?? (provider ? "" : ownLoginModel),
  };
}
