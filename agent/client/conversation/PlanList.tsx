/** What an agent means to do, and how far it is: a quiet list, as the agent last gave it. */
import type { PlanPart } from "../../shared/protocol";
import text from "../styles/text-styles.module.css";
import { PlanEntries } from "./PlanEntries";
import styles from "./PlanList.module.css";

export function PlanList(props: { part: PlanPart }) {
  const done = () => props.part.entries.filter(({ state }) => state === "completed").length;
  return (
    <section class={styles.plan} aria-label="Plan" data-testid="plan">
      <p class={text.note}>
        Plan, {done()} of {props.part.entries.length} done
      </p>
      <PlanEntries entries={props.part.entries} />
    </section>
  );
}
