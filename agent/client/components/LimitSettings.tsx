/** What every run, and all runs of a day, may use; and what happens then. */
import { createResource, createSignal, For, Show } from "solid-js";
import type { Limits, LimitValues } from "../../shared/protocol";
import { api, requestTimeout, wordsFor } from "../state/api-client";
import { useClient } from "../state/client";
import textStyles from "../styles/text-styles.module.css";
import { Segments } from "./Segments";
import styles from "./Settings.module.css";
import { SheetSection } from "./SheetSection";

const fields: { kind: keyof LimitValues; name: string }[] = [
  { kind: "turns", name: "Turns" },
  { kind: "minutes", name: "Minutes" },
  { kind: "tokens", name: "Tokens" },
  { kind: "usd", name: "Dollars" },
];

const endings: { id: Limits["atLimit"]; name: string }[] = [
  { id: "ask", name: "Pause and ask" },
  { id: "stop", name: "Stop" },
];

export function LimitSettings() {
  const { notices } = useClient();
  const [problem, setProblem] = createSignal("");
  const [limits, { mutate }] = createResource(() => api.limits(requestTimeout()));

  async function save(next: Limits): Promise<void> {
    try {
      mutate(await api.saveLimits(next, requestTimeout()));
      setProblem("");
      notices.toast("Saved");
    } catch (error) {
      setProblem(wordsFor(error));
    }
  }

  return (
    <SheetSection title="Limits" data-testid="limits">
      <p class={styles.note}>
        Empty means no limit. The page warns near a limit; at the limit, Rein does what you choose.
      </p>
      <Show when={limits.state === "errored"}>
        <p class={styles.note}>The limits could not be loaded: {wordsFor(limits.error)}</p>
      </Show>
      <Show when={limits.state === "ready" && limits()}>
        {(current) => (
          <>
            <table class={styles.limits}>
              <thead>
                <tr>
                  <td />
                  <th scope="col">A run</th>
                  <th scope="col">A day</th>
                </tr>
              </thead>
              <tbody>
                <For each={fields}>
                  {({ kind, name }) => (
                    <tr>
                      <th scope="row">{name}</th>
                      <For each={["run", "day"] as const}>
                        {(scope) => (
                          <td>
                            <Amount
                              label={`${name} of a ${scope}`}
                              value={current()[scope][kind]}
                              save={(value) =>
                                void save({
                                  ...current(),
                                  [scope]: { ...current()[scope], [kind]: value },
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
              <span aria-hidden="true">At a limit</span>
              <Segments
                label="At a limit"
                choices={endings}
                chosen={current().atLimit}
                choose={(atLimit) => save({ ...current(), atLimit })}
              />
            </div>
            <div class={styles.setting}>
              <span>Ask when nothing has come from a model for so many minutes</span>
              <Amount
                label="Minutes without a byte"
                value={stallMinutes(current())}
                save={(minutes: number | "never" = "never") =>
                  void save({ ...current(), stallMinutes: minutes })
                }
              />
            </div>
            <div class={styles.setting}>
              <span>When a service fails, minutes of trying again</span>
              <Amount
                label="Minutes of trying again"
                value={current().retry.minutes}
                save={(minutes = 0) =>
                  void save({ ...current(), retry: { ...current().retry, minutes } })
                }
              />
            </div>
            <div class={styles.setting}>
              <span>When a service fails, attempts in a row</span>
              <Amount
                label="Attempts in a row"
                value={current().retry.attempts}
                save={(attempts = 1) =>
                  void save({ ...current(), retry: { ...current().retry, attempts } })
                }
              />
            </div>
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

function stallMinutes({ stallMinutes }: Limits): number | undefined {
  return stallMinutes === "never" ? undefined : stallMinutes;
}

interface AmountProps {
  label: string;
  value: number | undefined;
  save(value?: number): void;
}

function Amount(props: AmountProps) {
  return (
    <input
      type="number"
      min="0"
      step="any"
      placeholder="none"
      aria-label={props.label}
      value={props.value ?? ""}
      onChange={(event) => {
        const value = event.currentTarget.valueAsNumber;
        props.save(value > 0 ? value : undefined);
      }}
    />
  );
}
