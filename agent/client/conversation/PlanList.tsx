/** What an agent means to do, and how far it is: a quiet list, as the agent last gave it. */
import { For } from "solid-js";
import type { PlanPart } from "../../shared/protocol";
import { findRun } from "../../shared/session-lookup";
import { shownSteps } from "../../shared/shown-steps";
import { Icon } from "../components/Icon";
import { VisibleText } from "../components/VisibleText";
import { useOpen } from "../state/client";
import { planWords } from "../state/message-words";
import text from "../styles/text-styles.module.css";
import styles from "./PlanList.module.css";

export function PlanList(props: { part: PlanPart; runId: string }) {
  const { session } = useOpen();
  const entries = () => shownSteps(props.part, findRun(session, props.runId));
  const done = () => entries().filter(({ state }) => state === "completed").length;
  return (
    <section class={styles.plan} aria-label="Plan" data-testid="plan">
      <p class={text.note}>
        Plan, {done()} of {entries().length} done
      </p>
      <ul>
        <For each={entries()}>
          {(entry) => (
            <li data-state={entry.state}>
              <Icon name={icons[entry.state]} />
              <span class={text.unseen}>{planWords[entry.state]}: </span>
              <VisibleText text={entry.text} />
            </li>
          )}
        </For>
      </ul>
    </section>
  );
}

const icons = {
  pending: "circle",
  in_progress: "play",
  completed: "check",
  stopped: "close",
} as const;
