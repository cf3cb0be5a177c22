/** What each command may use of the machine, and what holds now. */
import { createSignal, For, Show } from "solid-js";
import type { CommandsAnswer } from "../../shared/protocol";
import { inWords } from "../../shared/sentences";
import type { CommandsRequest } from "../../shared/requests";
import { t } from "../../shared/translation";
import {
  amountOf,
  choiceOf,
  type JobLimitField,
  jobLimitFields,
  jobLimitWords,
} from "../state/job-limit-fields";
import { AmountField } from "./AmountField";
import { CommandLine } from "./CommandLine";
import { Segments } from "./Segments";
import styles from "./Settings.module.css";

interface JobLimitProps {
  answer: CommandsAnswer;
  /** Resolves with whether the server took it. */
  save(change: CommandsRequest): Promise<boolean>;
}

export function JobLimitSettings(props: JobLimitProps) {
  const advice = () => {
    const { advice, said } = props.answer.limits;
    return said?.advice === undefined ? advice : inWords(said.advice);
  };
  return (
    <>
      <p class={styles.note}>{jobLimitWords(props.answer)}</p>
      <Show when={advice()}>
        {(advice) => (
          <Show
            when={advice().startsWith("systemd-run")}
            fallback={<p class={styles.note}>{advice()}</p>}
          >
            <CommandLine command={advice()} />
          </Show>
        )}
      </Show>
      <For each={jobLimitFields}>{(field) => <Field field={field} {...props} />}</For>
    </>
  );
}

const choices = () =>
  [
    { id: "auto", name: t("Auto") },
    { id: "none", name: t("No limit") },
    { id: "own", name: t("Amount") },
  ] as const;

function Field(props: JobLimitProps & { field: JobLimitField }) {
  /** "Amount" is chosen, and none is entered yet. */
  const [isEntering, setEntering] = createSignal(false);
  const value = () => props.answer[props.field.id];
  const chosen = () => (isEntering() ? "own" : choiceOf(value()));
  async function saveAmount(amount: number | undefined): Promise<void> {
    if (amount === undefined) return;
    const { id, unit } = props.field;
    const number = id === "jobCpus" ? amount : Math.round(amount * unit);
    if (await props.save({ [id]: number })) setEntering(false);
  }
  return (
    <div class={styles.setting}>
      <span aria-hidden="true">{props.field.name}</span>
      <Segments
        label={props.field.name}
        choices={choices()}
        chosen={chosen()}
        choose={async (choice) => {
          if (choice === "own") setEntering(true);
          else if (await props.save({ [props.field.id]: choice })) setEntering(false);
        }}
      />
      <Show when={chosen() === "own"}>
        <AmountField
          label={props.field.label}
          empty={t("none")}
          value={amountOf(value(), props.field)}
          save={(amount) => void saveAmount(amount)}
        />
      </Show>
    </div>
  );
}
