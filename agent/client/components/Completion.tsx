/** What the input could become, as a list above it: chosen with the arrows, taken with Tab. */
import { For } from "solid-js";
import { bindLayer } from "../keys";

export interface CompletionProps {
  choices: { text: string; words: string }[];
  chosen: number;
  take(text: string): void;
  close(): void;
}

export const completionId = "completion";

export function Completion(props: CompletionProps) {
  bindLayer(() => props.close());
  return (
    <ul class="completion" id={completionId} role="listbox" aria-label="Commands">
      <For each={props.choices}>
        {(choice, index) => (
          <li
            role="option"
            class="item"
            aria-selected={index() === props.chosen}
            // Before the input would lose the focus.
            onPointerDown={(event) => {
              event.preventDefault();
              props.take(choice.text);
            }}
          >
            <code>{choice.text.trim()}</code>
            <span class="item-side">{choice.words}</span>
          </li>
        )}
      </For>
    </ul>
  );
}
