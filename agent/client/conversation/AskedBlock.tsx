/** One piece of what a permission request is about, shown whole, or folded with a button that opens all of it. */
import { Show, untrack } from "solid-js";
import { tn } from "../../shared/translation";
import { VisibleText } from "../components/VisibleText";
import text from "../styles/text-styles.module.css";
import styles from "./ApprovalBox.module.css";
import type { AskedText } from "../state/asked-input";
import { beginningOf, maxLines } from "../state/beginning";
import { DiffView } from "./DiffView";
import { FoldedText } from "./FoldedText";

export interface AskedBlockProps {
  block: AskedText;
  isNamed: boolean;
  /** A person has opened all of a folded one. */
  onOpen(): void;
}

export function AskedBlock(props: AskedBlockProps) {
  const { block } = untrack(() => props);
  const count = linesOf(block).length;
  const size = () => (count > 1 ? `, ${tn(count, "{count} line", "{count} lines")}` : "");
  return (
    <div class={styles.block}>
      <Show when={props.isNamed || count > 1}>
        <div class={text.note}>
          <VisibleText text={block.name} exact />
          {size()}
        </div>
      </Show>
      {"lines" in block ? (
        <DiffView lines={block.lines} first={maxLines} exact onOpen={() => props.onOpen()} />
      ) : (
        <FoldedText text={block.text} label={block.name} exact onOpen={() => props.onOpen()} />
      )}
    </div>
  );
}

/** It begins folded. */
export function isFolded(block: AskedText): boolean {
  const lines = linesOf(block);
  return beginningOf(lines) !== lines;
}

function linesOf(block: AskedText): string[] {
  return "lines" in block
    ? block.lines.map((line) => line.text)
    : block.text.replace(/\n$/, "").split("\n");
}
