/** The lines of a change: the first ones, and the rest on demand. */
import { createMemo, createSignal, For, Show } from "solid-js";
import { t, tn } from "../../shared/translation";
import { Button } from "../components/Button";
import { VisibleText } from "../components/VisibleText";
import text from "../styles/text-styles.module.css";
import { amountOf, beginningOf } from "../state/beginning";
import card from "./card.module.css";
import { type DiffLine, signs } from "../state/diff-lines";
import styles from "./DiffView.module.css";

export interface DiffViewProps {
  lines: DiffLine[];
  /** How many are shown at first. */
  first?: number;
  /** It has to be approved: all of it can be opened. */
  exact?: boolean;
  onOpen?(): void;
}

/** The most lines that the page renders of a change that has been made. */
const maxLines = 600;

export function DiffView(props: DiffViewProps) {
  const [isOpened, setOpened] = createSignal(false);
  let lines!: HTMLPreElement;
  const texts = createMemo(() => props.lines.map((line) => line.text));
  const beginning = createMemo(() => beginningOf(texts(), props.first ?? 14));
  const isCut = () => beginning() !== texts();
  const shown = createMemo(() => {
    if (!isCut()) return props.lines;
    if (isOpened()) return props.exact ? props.lines : props.lines.slice(0, maxLines);
    return beginning().map((line, index) => ({ ...props.lines[index]!, text: line }));
  });
  const more = () => props.lines.length - shown().length;
  return (
    <>
      <pre
        ref={lines}
        class={`${card.text} ${styles.diff}`}
        tabindex="0"
        aria-label={t("Changed lines")}
      >
        <For each={shown()}>
          {(line) => (
            <span class={styles.line} data-kind={line.kind}>
              {signs[line.kind]}
              <VisibleText text={line.text} exact={props.exact ?? false} />
              {"\n"}
            </span>
          )}
        </For>
      </pre>
      <Show when={isCut() && !isOpened()}>
        <Button
          look={props.exact ? "plain" : "quiet"}
          size="small"
          class={styles.more}
          data-testid="show-all"
          onClick={() => {
            setOpened(true);
            // The button is gone: on with what it has opened.
            if (document.activeElement === document.body) lines.focus({ preventScroll: true });
            props.onOpen?.();
          }}
        >
          {t("Show all {amount}", { amount: amountOf(texts(), props.first) })}
        </Button>
      </Show>
      <Show when={isOpened() && more() > 0}>
        <p class={`${styles.more} ${text.note}`}>
          {tn(more(), "{count} more lines", "{count} more lines")}
        </p>
      </Show>
    </>
  );
}
