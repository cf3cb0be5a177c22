/** What every run, and all runs of a day, may use; and what happens then. */
import { createResource, createSignal, For, Show } from "solid-js";
import type { Limits } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { api, requestTimeout, wordsFor } from "../state/api-client";
import { useClient } from "../state/client";
import { limitAmounts, limitEndings, limitFields } from "../state/limit-fields";
import { settingsTitles } from "../state/settings-sections";
import textStyles from "../styles/text-styles.module.css";
import { AmountField } from "./AmountField";
import { Segments } from "./Segments";
import styles from "./Settings.module.css";
import { SheetSection } from "./SheetSection";

export function LimitSettings() {
  const { notices } = useClient();
  const [problem, setProblem] = createSignal("");
  const [limits, { mutate }] = createResource(() => api.limits(requestTimeout()));

  async function save(next: Limits): Promise<void> {
    try {
      mutate(await api.saveLimits(next, requestTimeout()));
      setProblem("");
      notices.toast(t("Saved"));
    } catch (error) {
      setProblem(wordsFor(error));
    }
  }

  return (
    <SheetSection title={settingsTitles.limits} isReady={!limits.loading} data-testid="limits">
      <p class={styles.note}>
        {t(
          "An empty field for a run or a day means no limit. The page warns near a limit; at the limit, Rein does what you choose.",
        )}
      </p>
      <Show when={limits.state === "errored"}>
        <p class={styles.note}>
          {t("The limits could not be loaded: {reason}", { reason: wordsFor(limits.error) })}
        </p>
      </Show>
      <Show when={limits.state === "ready" && limits()}>
        {(current) => (
          <>
            <table class={styles.limits}>
              <thead>
                <tr>
                  <td />
                  <th scope="col">{t("A run")}</th>
                  <th scope="col">{t("A day")}</th>
                </tr>
              </thead>
              <tbody>
                <For each={limitFields}>
                  {(field) => (
                    <tr>
                      <th scope="row">{field.name}</th>
                      <For each={["run", "day"] as const}>
                        {(scope) => (
                          <td>
                            <AmountField
                              label={
                                scope === "run"
                                  ? t("{name} of a run", { name: field.name })
                                  : t("{name} of a day", { name: field.name })
                              }
                              empty={t("none")}
                              value={current()[scope][field.kind]}
                              save={(value) =>
                                void save({
                                  ...current(),
                                  [scope]: { ...current()[scope], [field.kind]: value },
                                })
                              }
                            />
                          </td>
                        )}
                      </For>
                    </tr>
                  )}
                </For>
              </tbody>
            </table>
            <div class={styles.setting}>
              <span aria-hidden="true">{t("At a limit")}</span>
              <Segments
                label={t("At a limit")}
                choices={limitEndings}
                chosen={current().atLimit}
                choose={(atLimit) => save({ ...current(), atLimit })}
              />
            </div>
            <For each={limitAmounts}>
              {(one) => (
                <div class={styles.setting}>
                  <span>{one.text}</span>
                  <AmountField
                    label={one.label}
                    empty={one.empty}
                    value={one.read(current())}
                    save={(value) => void save({ ...current(), ...one.write(current(), value) })}
                  />
                </div>
              )}
            </For>
          </>
        )}
      </Show>
      <Show when={limits.error}>
        {(error) => <p class={textStyles.problem}>{wordsFor(error())}</p>}
      </Show>
      <Show when={problem()}>{(words) => <p class={textStyles.problem}>{words()}</p>}</Show>
    </SheetSection>
  );
}
