/** The choices of a list of models, by provider: those that it lists, those that were typed, and the name that is being typed. */
import type { ModelInfo, ProviderInfo } from "../../shared/protocol";
import { takesNames } from "./model-list";
import { typedModels } from "./typed-models";
import { t } from "../../shared/translation";

/** Some services list hundreds: the search field finds the others. */
const maxShownPerProvider = 40;

/** The session's own. */
export interface Chosen {
  provider: string;
  model: string;
}

/** A model of the list, or one whose name was typed, for a provider. */
export interface Choice extends ModelInfo {
  typedFor?: string;
  /** Begins to type one. */
  asksName?: true;
}

export interface Group {
  title: string;
  /** What is wrong with the provider, or with its list. */
  reason?: string | undefined;
  hidden: number;
  choices: Choice[];
}

/** With the session's model and those that were typed, though no list has them. */
export function withModels(provider: ProviderInfo, { provider: of, model }: Chosen): ProviderInfo {
  const { id } = provider;
  const names = new Set([...(id === of && model !== "" ? [model] : []), ...typedModels(id)]);
  for (const listed of provider.models) names.delete(listed.id);
  const more = [...names].map((name) => ({ provider: id, id: name, name }));
  return more.length === 0 ? provider : { ...provider, models: [...more, ...provider.models] };
}

/** The first that are found, and the session's model wherever it stands; without any, a way to type one. */
export function groupOf(provider: ProviderInfo, query: string, own: Chosen): Group {
  const words = query.toLowerCase();
  const found = provider.models.filter((model) =>
    `${model.name} ${model.id} ${provider.name}`.toLowerCase().includes(words),
  );
  const choices: Choice[] = found.filter(
    (model, index) => index < maxShownPerProvider || keyOf(model) === ownKey(own),
  );
  const { id, name: title, state, reason } = provider;
  const isUnlisted = query === "" && takesNames(provider) && state !== "ready";
  if (isUnlisted)
    choices.push({ provider: id, id: "", name: t("Type a model’s name…"), asksName: true });
  return {
    title,
    reason: query === "" ? reason : undefined,
    hidden: found.length - choices.length + (isUnlisted ? 1 : 0),
    choices,
  };
}

/** Fine-tunes, new models, and those of a server without a list; the session's own provider comes first. */
export function typedGroup(providers: ProviderInfo[], name: string, own: string): Group {
  const takers = providers
    .filter((provider) => takesNames(provider) && !provider.models.some(({ id }) => id === name))
    .toSorted((a, b) => Number(b.id === own) - Number(a.id === own));
  const choices = takers.map(({ id, name: typedFor }) => ({
    provider: id,
    id: name,
    name,
    typedFor,
  }));
  return { title: t("By its name"), hidden: 0, choices: name === "" ? [] : choices };
}

export function ownKey({ provider, model }: Chosen): string {
  return keyOf({ provider, id: model });
}

export function keyOf(model: Pick<ModelInfo, "provider" | "id">): string {
  return `${model.provider} ${model.id}`;
}
