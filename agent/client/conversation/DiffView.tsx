/** A unified diff: its first lines, and the rest on demand. */
import { createMemo, createSignal, For, Show } from "solid-js";
import { Button } from "../components/Button";
import text from "../styles/text-styles.module.css";
import card from "./card.module.css";
import styles from "./DiffView.module.css";

const firstLines = 14;
/** The most lines that the page renders. */
const maxLines = 600;

export function DiffView(props: { diff: string }) {
  const [isWhole, setWhole] = createSignal(false);
  const lines = createMemo(() => linesOf(props.diff));
  const shown = createMemo(() => lines().slice(0, isWhole() ? maxLines : firstLines));
  return (
    <>
      <pre class={`${card.text} ${styles.diff}`} tabindex="0">
        <For each={shown()}>
          {(line) => (
            <span class={styles.line} data-kind={line.kind}>
              {line.text}
              {"\n"}
            </span>
          )}
        </For>
      </pre>
      <Show when={lines().length > shown().length}>
        <Show
          when={!isWhole()}
          fallback={
            <p class={`${styles.more} ${text.note}`}>{lines().length - maxLines} more lines</p>
          }
        >
          <Button look="quiet" size="small" class={styles.more} onClick={() => setWhole(true)}>
            Show all {lines().length} lines
          </Button>
        </Show>
      </Show>
    </>
  );
}

type Kind = "added" | "removed" | "hunk" | "same";

function linesOf(diff: string): { kind: Kind; text: string }[] {
  return diff
    .trimEnd()
    .split("\n")
    .filter((line) => !header.test(line) && !line.startsWith("===="))
    .map((text) => ({ kind: kinds[text[0] ?? " "] ?? "same", text }));
}

/** Header lines: they name the file and are not part of the change. */
const header =
  /^(?:---|\+\+\+|Index:|diff --git|index|similarity index|rename (?:from|to)|(?:new|deleted) file mode|(?:old|new) mode)(?: |$)/;

const kinds: Record<string, Kind> = { "+": "added", "-": "removed", "@": "hunk" };
