/** Before an undo: files that somebody else has changed since, one decision each; and later runs, if there are any. */
import { createSignal, createUniqueId, For, onCleanup, onMount, Show } from "solid-js";
import { Segments } from "../components/Segments";
import { bindLayer } from "../keys";
import { plural } from "../state/format";
import type { UndoQuestion as Question } from "../state/undo-requests";

const choices = [
  { id: "spare", name: "Leave" },
  { id: "overwrite", name: "Overwrite" },
] as const;

export function UndoQuestion(props: { question: Question }) {
  const title = createUniqueId();
  const [overwrite, setOverwrite] = createSignal<string[]>([]);
  const changed = () =>
    props.question.view.files.filter((file) => file.now === "changed-since").map(pathsOf);
  const newer = () => props.question.view.newer.length;
  let dialog!: HTMLDialogElement;
  const close = () => props.question.decide();
  bindLayer(close);
  onMount(() => dialog.showModal());
  // Also when the page shows another session.
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
    <dialog
      ref={dialog}
      class="confirm undo-question"
      aria-labelledby={title}
      data-testid="undo-question"
      onClose={close}
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
        <button type="button" autofocus onClick={close}>
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
