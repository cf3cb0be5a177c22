/** Asks before an undo or redo: a decision for each file that has changed since, and a warning about later runs. */
import { For, onCleanup, Show, untrack } from "solid-js";
import { visibleString } from "../../shared/visible-text";
import { t } from "../../shared/translation";
import { Button, ButtonRow } from "../components/Button";
import { Modal } from "../components/Modal";
import { Segments } from "../components/Segments";
import { VisibleText } from "../components/VisibleText";
import { createUndoDecision } from "../state/undo-decision";
import type { UndoQuestion as Question } from "../state/undo-requests";
import styles from "./UndoQuestion.module.css";

const choices = [
  {
    id: "spare",
    get name() {
      return t("Leave");
    },
  },
  {
    id: "overwrite",
    get name() {
      return t("Overwrite");
    },
  },
] as const;

export function UndoQuestion(props: { question: Question }) {
  const question = untrack(() => props.question);
  const decision = createUndoDecision(question);
  const close = () => question.decide();
  // The page may switch to another session while the question is open.
  onCleanup(close);

  return (
    <Modal
      title={question.way === "undo" ? t("Undo changes?") : t("Redo changes?")}
      close={close}
      data-testid="undo-question"
    >
      <Show when={decision.newerWords}>{(words) => <p>{words()}</p>}</Show>
      <Show when={decision.changed.length > 0}>
        <p>{t("These files have changed since:")}</p>
        <ul class={styles.files}>
          <For each={decision.changed}>
            {({ path }) => (
              <li>
                <code>
                  <VisibleText text={path} exact />
                </code>
                <Segments
                  label={visibleString(path)}
                  choices={choices}
                  chosen={decision.isOverwritten(path) ? "overwrite" : "spare"}
                  choose={(choice) => decision.choose(path, choice === "overwrite")}
                />
              </li>
            )}
          </For>
        </ul>
      </Show>
      <ButtonRow>
        <Button autofocus onClick={close}>
          {t("Cancel")}
        </Button>
        <Button look="primary" disabled={decision.isNothing()} onClick={decision.answer}>
          {question.way === "undo" ? t("Undo") : t("Redo")}
        </Button>
      </ButtonRow>
    </Modal>
  );
}
