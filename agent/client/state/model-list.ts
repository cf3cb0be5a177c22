/** The providers with their models, and the server's defaults. */
import { createSignal, type Accessor } from "solid-js";
import type { ModelInfo, Models, ProviderInfo } from "../../shared/protocol";
import type { SettingsRequest } from "../../shared/requests";
import { api, requestTimeout } from "./api-client";

export interface ModelsState {
  models: Accessor<Models | undefined>;
  refresh(): Promise<void>;
  /** Throws an ApiError when the server refuses. */
  save(settings: SettingsRequest): Promise<void>;
}

export function createModels(): ModelsState {
  const [models, setModels] = createSignal<Models>();
  return {
    models,
    async refresh() {
      const next = await api.models(requestTimeout());
      // What has not changed is not drawn again under somebody's finger.
      if (JSON.stringify(next) !== JSON.stringify(models())) setModels(next);
    },
    save: async (settings) => void setModels(await api.saveSettings(settings, requestTimeout())),
  };
}

/** What the next message goes to. */
export function chosenModel(
  models: Models | undefined,
  chosen: { provider?: string; model?: string },
): { provider: string; model: string } {
  const { provider = "", model = "" } = { ...models?.default, ...chosen };
  return { provider, model };
}

export function findProvider(models: Models | undefined, id: string): ProviderInfo | undefined {
  return models?.providers.find((provider) => provider.id === id);
}

export function findModel(
  models: Models | undefined,
  provider: string,
  id: string,
): ModelInfo | undefined {
  return findProvider(models, provider)?.models.find((model) => model.id === id);
}
