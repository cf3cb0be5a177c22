/** The model and the engine of the open session, as they are named for people. */
import { type Accessor, createEffect } from "solid-js";
import { takenOptions } from "../../shared/model-options";
import { type Effort, type EngineInfo, type ModelInfo, ownLoginModel } from "../../shared/protocol";
import type { Client } from "./client";
import { engineName, findEngine, usesOwnLogin } from "./engine-list";
import { chosenModel, findModel } from "./model-list";
import { t } from "../../shared/translation";

export interface ModelChoice {
  used: Accessor<{ provider: string; model: string }>;
  /** What a list says of it. */
  info: Accessor<ModelInfo | undefined>;
  engine: Accessor<EngineInfo | undefined>;
  engineName: Accessor<string | undefined>;
  /** Those of the session's engine, which takes no other option; undefined without an engine. */
  efforts: Accessor<readonly Effort[] | undefined>;
  /** Its engine chooses its model itself: the engine's name says all. */
  isUnnamed: Accessor<boolean>;
  name: Accessor<string>;
  /** In the place of a name that is empty. */
  placeholder: Accessor<string>;
  /** The one that is sent. */
  effort: Accessor<Effort | undefined>;
}

export function createModelChoice(client: Client): ModelChoice {
  const models = client.models.models;
  const chosen = () => client.current().chosen();
  const used = () => chosenModel(models(), chosen());
  const info = () => findModel(models(), used().provider, used().model);
  const engine = () => findEngine(client.engines.engines(), chosen().engine?.id);
  const nameOfEngine = () => engineName(client.engines.engines(), chosen().engine);
  const isUnnamed = () => usesOwnLogin(chosen()) && used().model === ownLoginModel;
  // For its name; the others are of interest when a list is opened.
  createEffect(() => {
    if (chosen().engine !== undefined && engine() === undefined) void client.engines.refresh();
  });
  return {
    used,
    info,
    engine,
    engineName: nameOfEngine,
    efforts: () => (chosen().engine ? (engine()?.gives.efforts ?? []) : undefined),
    isUnnamed,
    name: () => (isUnnamed() ? nameOfEngine()! : (info()?.name ?? used().model)),
    placeholder() {
      if (client.current().phase() === "loading") return t("Loading…");
      return models() ? t("Choose a model") : t("Looking for models…");
    },
    effort() {
      if (chosen().engine !== undefined) return chosen().options?.effort;
      const options = chosen().options ?? models()?.options ?? {};
      return takenOptions(options, info()?.allows).options.effort;
    },
  };
}
