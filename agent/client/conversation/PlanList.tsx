/** What an agent means to do, and how far it is: a quiet list, as the agent last gave it. */
import type { PlanPart } from "../../shared/protocol";
import { findRun } from "../../shared/session-lookup";
import { shownSteps } from "../../shared/shown-steps";
import { t } from "../../shared/translation";
import { useOpen } from "../state/client";
import text from "../styles/text-styles.module.css";
import { PlanEntries } from "./PlanEntries";
import styles from "./PlanList.module.css";

export function PlanList(props: { part: PlanPart; runId: string }) {
  const { session } = useOpen();
  const entries = () => shownSteps(props.part, findRun(session, props.runId));
  const done = () => entries().filter(({ state }) => state === "completed").length;
  return (
    <section class={styles.plan} aria-label={t("Plan")} data-testid="plan">
      <p class={text.note}>
        {t("Plan, {done} of {all} done", { done: done(), all: entries().length })}
      </p>
      <PlanEntries entries={entries()} />
    </section>
  );
}
