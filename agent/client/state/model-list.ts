/** The providers with their models, and the server's defaults. */
import { createSignal, type Accessor } from "solid-js";
import type { ModelInfo, Models, ProviderInfo, ProviderState } from "../../shared/protocol";
import type { SettingsRequest } from "../../shared/requests";
import { api, requestTimeout } from "./api-client";
import { lazyWords, t } from "../../shared/translation";

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
      // An unchanged list is not drawn again: a press on one of its entries would be lost.
      if (JSON.stringify(next) !== JSON.stringify(models())) setModels(next);
    },
    save: async (settings) => void setModels(await api.saveSettings(settings, requestTimeout())),
  };
}

/** What the next message goes to. It reads these two fields only, so nothing is drawn anew when another one changes. */
export function chosenModel(
  models: Models | undefined,
  chosen: { provider?: string; model?: string },
): { provider: string; model: string } {
  const { provider = models?.default.provider ?? "", model = models?.default.model ?? "" } = chosen;
  return { provider, model };
}

/** Whether it is known that a message could not go out: no list says which model to use, and none was chosen. */
export function lacksModel(models: Models | undefined, chosen: { model?: string }): boolean {
  return models !== undefined && (chosen.model ?? models.default.model).trim() === "";
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

/** Whether it has a key or an address, or was found: how it does is of interest. */
export function isSetUp({ state }: ProviderInfo): boolean {
  return state !== "not-set-up" && state !== "absent";
}

/** Whether a model of it can be used by its name, whatever it lists. */
export function takesNames({ id, ready }: ProviderInfo): boolean {
  return ready && id !== "demo";
}

/** How a provider is. */
export const providerStateWords = lazyWords<ProviderState>({
  ready: () => t("Ready"),
  "not-set-up": () => t("Not set up"),
  absent: () => t("Not found"),
  "wrong-address": () => t("Wrong address"),
  "wrong-key": () => t("Key cannot be used"),
  "key-refused": () => t("Key refused"),
  "access-refused": () => t("Access refused"),
  unreachable: () => t("Cannot be reached"),
  silent: () => t("No answer yet"),
  "no-api": () => t("No API there"),
  "no-list": () => t("No list of models"),
  empty: () => t("No models"),
  failed: () => t("Fails"),
});
