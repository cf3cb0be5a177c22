/** A limit has paused the run: says how much it has used, and asks by how much it goes on. The input area has the Stop. */
import { createSignal, Show } from "solid-js";
import { limitAfter, type LimitReached } from "../../shared/protocol";
import { activeRun } from "../../shared/session-lookup";
import { t } from "../../shared/translation";
import type { OpenSession } from "../state/open-session";
import { amount, limitWords, mostMore, unitWords } from "../state/limit-words";
import textStyles from "../styles/text-styles.module.css";
import { Button } from "./Button";
import styles from "./LimitQuestion.module.css";

export function LimitQuestion(props: { open: OpenSession }) {
  const reached = () => activeRun(props.open.session)?.pause?.reached;
  return (
    <Show when={reached()}>{(shown) => <Question open={props.open} reached={shown()} />}</Show>
  );
}

function Question(props: { open: OpenSession; reached: LimitReached }) {
  const [by, setBy] = createSignal<number>();
  const [note, setNote] = createSignal<string>();
  /** What cannot be is not taken, and said below the field. */
  function read({ valueAsNumber: value, validity }: HTMLInputElement): void {
    const { kind, more } = props.reached;
    const { least } = more ?? { least: 0 };
    setBy(value > 0 ? Math.min(value, mostMore[kind]) : undefined);
    if (value > mostMore[kind])
      setNote(t("At most {amount} more.", { amount: amount(kind, mostMore[kind]) }));
    else if (value <= 0 || validity.badInput) setNote(t("Enter a number above 0."));
    else if (value < least)
      setNote(
        t("At least {amount}: another request like the last one must fit.", {
          amount: amount(kind, least),
        }),
      );
    else setNote(undefined);
  }
  return (
    <div class={styles.question} role="alert" data-testid="limit-question">
      <p>
        {limitWords(props.reached, "reached")} {t("Paused.")}
      </p>
      <div class={styles.answers}>
        <Button
          look="primary"
          disabled={note() !== undefined && by() === undefined}
          onClick={() => props.open.control.goOn(by())}
        >
          {t("Go on, up to {amount}", {
            amount: amount(props.reached.kind, limitAfter(props.reached, by())),
          })}
        </Button>
        <label>
          <span>{t("by")}</span>
          <input
            type="number"
            min="0"
            max={mostMore[props.reached.kind]}
            step="any"
            aria-label={t("How many {unit} more", { unit: unitWords[props.reached.kind] })}
            placeholder={String(props.reached.more?.by ?? props.reached.of)}
            onInput={(event) => read(event.currentTarget)}
          />
          <span>{unitWords[props.reached.kind]}</span>
        </label>
        <Show when={note()}>{(words) => <p class={textStyles.muted}>{words()}</p>}</Show>
      </div>
    </div>
  );
}
