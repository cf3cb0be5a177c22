/** @jsxImportSource @opentui/solid */
/** Asks before an undo or redo: a decision for each file that has changed since, and a warning about later runs. */
import { createSignal, For, onCleanup, Show } from "solid-js";
import { useClient } from "../../client/state/client";
import { createUndoDecision } from "../../client/state/undo-decision";
import type { UndoQuestion } from "../../client/state/undo-requests";
import { bindKey, bindLayer } from "../terminal-keys";
import { colors } from "../theme";
import { Words } from "./Words";

export function UndoRows(props: { question: UndoQuestion }) {
  const { changed, isOverwritten, choose, isNothing, newerWords, answer } = createUndoDecision(
    props.question,
  );
  const [at, setAt] = createSignal(0);
  const close = () => props.question.decide();
  // Another session may be shown while the question is open.
  onCleanup(close);
  useClient().route.cover(close);
  bindLayer(close);
  const when = () => true;
  const move = (step: number) => setAt(Math.max(0, Math.min(changed.length - 1, at() + step)));
  function toggle(): void {
    const path = changed[at()]?.path;
    if (path !== undefined) choose(path, !isOverwritten(path));
  }
  bindKey({ key: "ArrowUp", when, run: () => move(-1), repeats: true });
  bindKey({ key: "ArrowDown", when, run: () => move(1), repeats: true });
  for (const key of [" ", "o", "O"]) bindKey({ key, when, run: toggle });
  bindKey({ key: "Enter", when, run: () => !isNothing() && answer() });
  const verb = props.question.way === "undo" ? "Undo" : "Redo";
  return (
    <box
      flexDirection="column"
      flexShrink={0}
      border
      borderStyle="rounded"
      borderColor={colors.warning}
      backgroundColor={colors.panel}
      paddingX={1}
    >
      <Words pieces={[{ text: `${verb} changes?`, bold: true }]} />
      <Show when={newerWords}>{(words) => <Words pieces={[{ text: words() }]} />}</Show>
      <Show when={changed.length > 0}>
        <Words pieces={[{ text: "These files have changed since:" }]} />
        <scrollbox maxHeight={8} flexShrink={0} focusable={false}>
          <For each={changed}>
            {({ path }, index) => (
              <Words
                pieces={[
                  { text: index() === at() ? "› " : "  ", color: "accent" },
                  {
                    text: isOverwritten(path) ? "Overwrite " : "Leave     ",
                    color: isOverwritten(path) ? "warning" : "muted",
                  },
                  { text: path, exact: true },
                ]}
              />
            )}
          </For>
        </scrollbox>
      </Show>
      <Words
        pieces={[
          { text: "Enter", bold: true },
          {
            text: isNothing() ? ` nothing to ${verb.toLowerCase()}  ` : ` ${verb.toLowerCase()}  `,
          },
          { text: changed.length > 0 ? "Space" : "", bold: true },
          { text: changed.length > 0 ? " leave or overwrite  " : "" },
          { text: "Esc", bold: true },
          { text: " cancel" },
        ]}
      />
    </box>
  );
}
