/** Before an undo: files that somebody else has changed since, one decision each; and later runs, if there are any. */
import { createSignal, createUniqueId, For, onMount, Show } from "solid-js";
import type { UndoRequest } from "../../shared/requests";
import { Segments } from "../components/Segments";
import { bindLayer } from "../keys";
import { plural } from "../state/format";
import type { Question } from "./undo";

export interface UndoQuestionProps {
  question: Question;
  answer(decisions: UndoRequest): void;
  close(): void;
}

const choices = [
  { id: "spare", name: "Leave" },
  { id: "overwrite", name: "Overwrite" },
] as const;

export function UndoQuestion(props: UndoQuestionProps) {
  const title = createUniqueId();
  const [overwrite, setOverwrite] = createSignal<string[]>([]);
  const changed = () =>
    props.question.view.files.filter((file) => file.now === "changed-since").map(pathsOf);
  const newer = () => props.question.view.newer.length;
  let dialog!: HTMLDialogElement;
  bindLayer(() => props.close());
  onMount(() => dialog.showModal());

  function choose(path: string, choice: "spare" | "overwrite"): void {
    const others = overwrite().filter((one) => one !== path);
    setOverwrite(choice === "overwrite" ? [...others, path] : others);
  }

  function answer(): void {
    const all = changed();
    const chosen = all.filter(({ path }) => overwrite().includes(path));
    const spared = all.filter(({ path }) => !overwrite().includes(path));
    props.answer({
      overwrite: chosen.flatMap(({ names }) => names),
      spare: spared.flatMap(({ names }) => names),
      evenIfNotNewest: true,
    });
  }

  return (
    <dialog
      ref={dialog}
      class="confirm undo-question"
      aria-labelledby={title}
      data-testid="undo-question"
      onClose={() => props.close()}
    >
      <h2 id={title}>{props.question.way === "undo" ? "Undo changes?" : "Redo changes?"}</h2>
      <Show when={newer() > 0}>
        <p>
          {plural(newer(), "later run has", "later runs have")} changed this directory too. What
          they built on these changes may not fit any more.
        </p>
      </Show>
      <Show when={changed().length > 0}>
        <p>Changed since by somebody else:</p>
        <ul class="undo-files">
          <For each={changed()}>
            {({ path }) => (
              <li>
                <code>{path}</code>
                <Segments
                  label={path}
                  choices={choices}
                  chosen={overwrite().includes(path) ? "overwrite" : "spare"}
                  choose={(choice) => choose(path, choice)}
                />
              </li>
            )}
          </For>
        </ul>
      </Show>
      <div class="buttons">
        <button type="button" autofocus onClick={() => props.close()}>
          Cancel
        </button>
        <button type="button" class="primary" onClick={answer}>
          {props.question.way === "undo" ? "Undo" : "Redo"}
        </button>
      </div>
    </dialog>
  );
}

/** A renamed file is two names. */
function pathsOf({ path, from }: { path: string; from?: string }) {
  return { path, names: from === undefined ? [path] : [path, from] };
}
