/** The hooks that ran around a tool call, or after a run: a line each, with what it said. */
import { For, Show } from "solid-js";
import type { HookRecord } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { VisibleText } from "../components/VisibleText";
import { hookLine } from "../state/hook-words";
import text from "../styles/text-styles.module.css";
import styles from "./HookLines.module.css";

export function HookLines(props: { hooks: HookRecord[] }) {
  return (
    <ul class={styles.hooks} aria-label={t("Hooks")} data-testid="hooks">
      <For each={props.hooks}>
        {(hook) => (
          <li data-state={hook.outcome ?? "running"}>
            <span class={`${text.note} ${text.state}`} data-state={hook.outcome ?? "running"}>
              <VisibleText text={hookLine(hook)} />
            </span>
            <Show when={hook.words}>
              {(words) => (
                <p class={styles.words}>
                  <VisibleText text={words()} />
                </p>
              )}
            </Show>
          </li>
        )}
      </For>
    </ul>
  );
}
