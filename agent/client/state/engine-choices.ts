/** The choice of a new session's engine, and what it means. */
import type { EngineInfo } from "../../shared/protocol";
import type { Client } from "./client";
import { beginWith, findEngine, usesOwnLogin } from "./engine-list";
import { lazyWords, t } from "../../shared/translation";

/** For a session without a first message. An `id` that no engine has, as "", is Rein itself. */
export function chooseEngine(client: Client, id: string): void {
  const { engine: _engine, provider, model, ...kept } = client.current().chosen();
  const engine = findEngine(client.engines.engines(), id);
  // No engine can be held to plan mode.
  const others =
    kept.permissions === "plan" && engine ? { ...kept, permissions: "ask" as const } : kept;
  // Back with Rein, what no provider of its own is named by is left to the settings.
  const own = usesOwnLogin(client.current().chosen()) ? {} : { provider, model };
  const next = engine
    ? { ...others, options: undefined, ...beginWith(client.models.models(), engine, own) }
    : { ...others, engine: undefined, provider: own.provider, model: own.model };
  client.current().begin(next);
}

/** How an engine reaches its model. */
export function wayWords(isOwnLogin: boolean): string {
  return isOwnLogin
    ? t("It uses its own log-in; Rein does not see its requests to the model.")
    : t("Its requests go through Rein: the key stays here, and tokens are counted.");
}

const stateWords = lazyWords<EngineInfo["state"]>({
  ready: () => t("Ready"),
  missing: () => t("Not found"),
  unusable: () => t("Cannot be used"),
});

export function engineStateWords({ state, version }: EngineInfo): string {
  return state === "ready" && version ? t("Ready, {version}", { version }) : stateWords[state];
}
