/** What a person decides before an undo or redo: for each file that has changed since, whether it is overwritten. */
import { type Accessor, createSignal } from "solid-js";
import type { UndoQuestion } from "./undo-requests";
import { tn } from "../../shared/translation";

export interface UndoDecision {
  /** A renamed file has two names. */
  changed: { path: string; names: string[] }[];
  isOverwritten: (path: string) => boolean;
  choose: (path: string, isOverwritten: boolean) => void;
  /** Every file is to be left as it is. */
  isNothing: Accessor<boolean>;
  /** A warning about later runs; undefined when there is none. */
  newerWords: string | undefined;
  answer: () => void;
}

export function createUndoDecision(question: UndoQuestion): UndoDecision {
  const { view } = question;
  const [overwritten, setOverwritten] = createSignal<readonly string[]>([]);
  const isOverwritten = (path: string) => overwritten().includes(path);
  const changed = view.files
    .filter((file) => file.now === "changed-since")
    .map(({ path, from }) => ({ path, names: from === undefined ? [path] : [path, from] }));

  return {
    changed,
    isOverwritten,
    choose(path, isChosen) {
      const others = overwritten().filter((one) => one !== path);
      setOverwritten(isChosen ? [...others, path] : others);
    },
    isNothing: () =>
      changed.length > 0 && changed.length === view.files.length && overwritten().length === 0,
    newerWords:
      view.newer.length === 0
        ? undefined
        : tn(
            view.newer.length,
            "{count} later run has changed this directory too and may depend on these changes.",
            "{count} later runs have changed this directory too and may depend on these changes.",
          ),
    answer() {
      const namesOf = (isChosen: boolean) =>
        changed
          .filter(({ path }) => isOverwritten(path) === isChosen)
          .flatMap(({ names }) => names);
      question.decide({
        overwrite: namesOf(true),
        spare: namesOf(false),
        evenIfNotNewest: view.newer.length > 0,
      });
    },
  };
}
