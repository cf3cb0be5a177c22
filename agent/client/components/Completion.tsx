/** What the input could become, as a list above it: chosen with the arrow keys, taken with Tab. */
import { For } from "solid-js";
import { bindLayer } from "../keys";
import styles from "./Completion.module.css";
import menuStyles from "./Menu.module.css";

export interface CompletionProps {
  choices: { text: string; words: string }[];
  chosen: number;
  take(text: string): void;
  close(): void;
}

const id = "completion";

/** What tells a screen reader, while the focus stays in the input, that the list is there and which option is chosen. */
export function comboboxOf(count: number, chosen: number) {
  const isOpen = count > 0;
  return {
    "aria-autocomplete": "list",
    "aria-haspopup": "listbox",
    "aria-controls": isOpen ? id : undefined,
    "aria-activedescendant": isOpen ? optionId(chosen) : undefined,
  } as const;
}

export function Completion(props: CompletionProps) {
  bindLayer(() => props.close());
  return (
    <ul class={styles.completion} id={id} role="listbox" aria-label="Commands">
      <For each={props.choices}>
        {(choice, index) => (
          <li
            id={optionId(index())}
            role="option"
            class={menuStyles.item}
            aria-selected={index() === props.chosen}
            // The input keeps the focus.
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => props.take(choice.text)}
          >
            <code>{choice.text.trim()}</code>
            <span class={menuStyles.side}>{choice.words}</span>
          </li>
        )}
      </For>
    </ul>
  );
}

function optionId(index: number): string {
  return `${id}-${index}`;
}
