/** Text that was found, with the words that were looked for marked. */
import { For } from "solid-js";
import styles from "./MarkedText.module.css";
import { VisibleText } from "./VisibleText";

export interface MarkedTextProps {
  text: string;
  /** From where to where, in characters; in their order, none over another. */
  marks: readonly (readonly [from: number, to: number])[];
}

export function MarkedText(props: MarkedTextProps) {
  const pieces = () => {
    let end = 0;
    const all: { text: string; isMarked: boolean }[] = [];
    for (const [from, to] of props.marks) {
      all.push({ text: props.text.slice(end, from), isMarked: false });
      all.push({ text: props.text.slice(from, to), isMarked: true });
      end = to;
    }
    return [...all, { text: props.text.slice(end), isMarked: false }].filter(({ text }) => text);
  };
  return (
    <For each={pieces()}>
      {({ text, isMarked }) =>
        isMarked ? (
          <mark class={styles.mark}>
            <VisibleText text={text} isPiece />
          </mark>
        ) : (
          <VisibleText text={text} isPiece />
        )
      }
    </For>
  );
}
