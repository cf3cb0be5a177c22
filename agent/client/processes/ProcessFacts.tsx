/** The state of a process and facts about it: pid, CPU, memory, and links to the ports that it listens on. */
import { For, type JSX, Show } from "solid-js";
import type { BackgroundProcess } from "../../shared/protocol";
import { t } from "../../shared/translation";
import card from "../conversation/card.module.css";
import text from "../styles/text-styles.module.css";
import { factsOf } from "../state/process-labels";
import type { PolledProcess } from "../state/process-polling";

export interface ProcessFactsProps {
  state: BackgroundProcess["state"];
  label: string;
  /** Undefined for a process that has ended, and before the first poll. */
  seen: PolledProcess | undefined;
  /** Between the state and the facts. */
  children: JSX.Element;
}

export function ProcessFacts(props: ProcessFactsProps) {
  return (
    <div class={`${card.body} ${text.facts}`}>
      <span class={text.state} data-state={props.state}>
        {props.label}
      </span>
      {props.children}
      <Show when={props.seen}>
        {(seen) => (
          <>
            <For each={factsOf(seen())}>{(fact) => <span>{fact}</span>}</For>
            <For each={seen().ports}>
              {(port) => (
                <a href={`http://${location.hostname}:${port}/`} target="_blank" rel="noreferrer">
                  {t("port {port}", { port })}
                </a>
              )}
            </For>
          </>
        )}
      </Show>
    </div>
  );
}
