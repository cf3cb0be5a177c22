/** What every run, and all runs of a day, may use; and what happens then. */
import { createResource, createSignal, For, Show } from "solid-js";
import type { Limits, LimitValues } from "../../shared/protocol";
import { api, requestTimeout, wordsFor } from "../state/api-client";
import { useClient } from "../state/client";
import textStyles from "../styles/text-styles.module.css";
import { AmountField } from "./AmountField";
import { Segments } from "./Segments";
import styles from "./Settings.module.css";
import { SheetSection } from "./SheetSection";

const fields: { kind: keyof LimitValues; name: string }[] = [
  { kind: "turns", name: "Turns" },
  { kind: "minutes", name: "Minutes" },
  { kind: "tokens", name: "Tokens" },
  { kind: "usd", name: "Dollars" },
];

/** Each on a line of its own. `write` gives what changes; `empty` is what an empty field means, where it may be empty. */
const amounts: {
  text: string;
  label: string;
  empty?: string;
  read: (limits: Limits) => number | undefined;
  write: (limits: Limits, value?: number) => Partial<Limits>;
}[] = [
  {
    text: "Minutes without an answer before Rein asks",
    label: "Minutes without a byte",
    empty: "never",
    read: ({ stallMinutes }) => (stallMinutes === "never" ? undefined : stallMinutes),
    write: (_limits, stallMinutes) => ({ stallMinutes: stallMinutes ?? "never" }),
  },
  {
    text: "Minutes to keep trying when a service fails",
    label: "Minutes to try again",
    read: ({ retry }) => retry.minutes,
    write: ({ retry }, minutes = retry.minutes) => ({ retry: { ...retry, minutes } }),
  },
  {
    text: "Attempts in a row when a service fails",
    label: "Attempts in a row",
    read: ({ retry }) => retry.attempts,
    write: ({ retry }, attempts = retry.attempts) => ({ retry: { ...retry, attempts } }),
  },
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
        An empty field for a run or a day means no limit. The page warns near a limit; at the limit,
        Rein does what you choose.
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
                            <AmountField
                              label={`${name} of a ${scope}`}
                              empty="none"
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
            <For each={amounts}>
              {({ text, label, empty, read, write }) => (
                <div class={styles.setting}>
                  <span>{text}</span>
                  <AmountField
                    label={label}
                    empty={empty}
                    value={read(current())}
                    save={(value) => void save({ ...current(), ...write(current(), value) })}
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
