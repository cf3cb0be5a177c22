/** Which engine answers in the session: chosen before its first message, where there is one, and then shown. */
import { For, onMount, Show } from "solid-js";
import { t } from "../../shared/translation";
import { useClient } from "../state/client";
import { chooseEngine, wayWords } from "../state/engine-choices";
import { choosableEngines, engineName, usesOwnLogin } from "../state/engine-list";
import styles from "./EngineChoice.module.css";
import { VisibleText } from "./VisibleText";

export function EngineChoice() {
  const client = useClient();
  const { engines, refresh } = client.engines;
  const chosen = () => client.current().chosen();
  const engineId = () => chosen().engine?.id;
  const isNew = () => client.current().id() === undefined;
  const name = () => engineName(engines(), chosen().engine) ?? "";
  const version = () => client.current().session.engine?.version;
  const choices = () => choosableEngines(engines(), chosen());
  onMount(() => void refresh());

  return (
    <Show
      when={isNew()}
      fallback={
        <Show when={engineId()}>
          <div class={styles.choice} data-testid="engine">
            <p class={styles.line}>
              <span>{t("Engine")}</span>
              <span>
                <VisibleText text={[name(), version() ?? ""].join(" ").trimEnd()} />
              </span>
            </p>
            <p class={styles.note}>
              {t(
                "Chosen with the first message, and fixed: the engine keeps the conversation itself.",
              )}{" "}
              {wayWords(usesOwnLogin(chosen()))}
            </p>
          </div>
        </Show>
      }
    >
      <Show when={choices().length > 0}>
        <div class={styles.choice} data-testid="engine">
          <label class={styles.line}>
            <span>{t("Engine")}</span>
            <select
              aria-label={t("Engine")}
              aria-describedby="engine-note"
              onChange={(event) => chooseEngine(client, event.currentTarget.value)}
            >
              <option value="" selected={engineId() === undefined}>
                Rein
              </option>
              <For each={choices()}>
                {(engine) => (
                  <option value={engine.id} selected={engine.id === engineId()}>
                    {engine.name}
                  </option>
                )}
              </For>
            </select>
          </label>
          <p class={styles.note} id="engine-note">
            {engineId() === undefined
              ? t("Chosen with the first message: it stays the same for the whole session.")
              : wayWords(usesOwnLogin(chosen()))}
          </p>
        </div>
      </Show>
    </Show>
  );
}
