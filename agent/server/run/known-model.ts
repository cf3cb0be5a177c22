/** The model that a file of a command or a role names: counts where it is known, and else the session's does. */
import type { Session } from "../../shared/protocol";
import type { Catalog } from "../catalog/catalog";

export interface NamedModel {
  provider?: string | undefined;
  model?: string | undefined;
}

/**
 * At the session's provider where none is named. Undefined: none is named, its provider is not set up, or the model is not
 * known there, as the short names that other programs have for theirs.
 */
export function knownModel(
  catalog: Pick<Catalog, "has" | "lack" | "knows" | "defaultModel">,
  session: Pick<Session, "provider">,
  { provider, model }: NamedModel,
): { provider: string; model: string } | undefined {
  if (provider === undefined) {
    const isKnown = model !== undefined && catalog.knows(session.provider, model);
    return isKnown ? { provider: session.provider, model } : undefined;
  }
  if (!catalog.has(provider) || catalog.lack(provider) !== undefined) return undefined;
  return { provider, model: model ?? catalog.defaultModel(provider) };
}

/** The same of `provider/model` in one text; there are models with a slash in their own name. */
export function knownModelOf(
  catalog: Parameters<typeof knownModel>[0],
  session: Pick<Session, "provider">,
  text: string | undefined,
): ReturnType<typeof knownModel> {
  if (text === undefined) return undefined;
  const slash = text.indexOf("/");
  return (
    knownModel(catalog, session, { model: text }) ??
    (slash > 0
      ? knownModel(catalog, session, {
          provider: text.slice(0, slash),
          model: text.slice(slash + 1),
        })
      : undefined)
  );
}
