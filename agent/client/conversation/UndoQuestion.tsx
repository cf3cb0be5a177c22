/** Asks before an undo or redo: a decision for each file that has changed since, and a warning about later runs. */
import { createSignal, For, onCleanup, Show } from "solid-js";
import { Button, ButtonRow } from "../components/Button";
import { Modal } from "../components/Modal";
import { Segments } from "../components/Segments";
import type { UndoQuestion as Question } from "../state/undo-requests";
import styles from "./UndoQuestion.module.css";
import { VisibleText } from "../components/VisibleText";
import { visibleString } from "../../shared/visible-text";
import { plural } from "../../shared/plural";

const choices = [
  { id: "spare", name: "Leave" },
  { id: "overwrite", name: "Overwrite" },
] as const;

export function UndoQuestion(props: { question: Question }) {
  const [overwrite, setOverwrite] = createSignal<string[]>([]);
  const changed = () =>
    props.question.view.files.filter((file) => file.now === "changed-since").map(pathsOf);
  /** Every file is to be left as it is. */
  const isNothing = () =>
    changed().length > 0 &&
    changed().length === props.question.view.files.length &&
    overwrite().length === 0;
  const newer = () => props.question.view.newer.length;
  const close = () => props.question.decide();
  // The page may switch to another session while the question is open.
  onCleanup(close);

  function choose(path: string, choice: "spare" | "overwrite"): void {
    const others = overwrite().filter((one) => one !== path);
    setOverwrite(choice === "overwrite" ? [...others, path] : others);
  }

  function answer(): void {
    const all = changed();
    const chosen = all.filter(({ path }) => overwrite().includes(path));
    const spared = all.filter(({ path }) => !overwrite().includes(path));
    props.question.decide({
      overwrite: chosen.flatMap(({ names }) => names),
      spare: spared.flatMap(({ names }) => names),
      evenIfNotNewest: true,
    });
  }

  return (
    <Modal
      title={props.question.way === "undo" ? "Undo changes?" : "Redo changes?"}
      close={close}
      data-testid="undo-question"
    >
      <Show when={newer() > 0}>
        <p>
          {plural(newer(), "later run has", "later runs have")} changed this directory too and may
          depend on these changes.
        </p>
      </Show>
      <Show when={changed().length > 0}>
        <p>These files have changed since:</p>
        <ul class={styles.files}>
          <For each={changed()}>
            {({ path }) => (
              <li>
                <code>
                  <VisibleText text={path} exact />
                </code>
                <Segments
                  label={visibleString(path)}
                  choices={choices}
                  chosen={overwrite().includes(path) ? "overwrite" : "spare"}
                  choose={(choice) => choose(path, choice)}
                />
              </li>
            )}
          </For>
        </ul>
      </Show>
      <ButtonRow>
        <Button autofocus onClick={close}>
          Cancel
        </Button>
        <Button look="primary" disabled={isNothing()} onClick={answer}>
          {props.question.way === "undo" ? "Undo" : "Redo"}
        </Button>
      </ButtonRow>
    </Modal>
  );
}

/** A renamed file has two paths. */
function pathsOf({ path, from }: { path: string; from?: string }) {
  return { path, names: from === undefined ? [path] : [path, from] };
}
