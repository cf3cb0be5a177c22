/** The steps of a plan or of a to-do list, each with how far it is. */
import { For } from "solid-js";
import type { PlanEntry } from "../../shared/protocol";
import { Icon } from "../components/Icon";
import { VisibleText } from "../components/VisibleText";
import { planWords } from "../state/message-words";
import text from "../styles/text-styles.module.css";
import styles from "./PlanList.module.css";

export function PlanEntries(props: { entries: PlanEntry[] }) {
  return (
    <ul class={styles.entries}>
      <For each={props.entries}>
        {(entry) => (
          <li data-state={entry.state}>
            <Icon name={icons[entry.state]} />
            <span class={text.unseen}>{planWords[entry.state]}: </span>
            <VisibleText text={entry.text} />
          </li>
        )}
      </For>
    </ul>
  );
}

const icons = {
  pending: "circle",
  in_progress: "play",
  completed: "check",
  stopped: "close",
} as const;
