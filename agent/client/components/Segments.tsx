/** One of a few, all in sight: radio buttons drawn as one bar. */
import { createUniqueId, For } from "solid-js";

export interface SegmentsProps<Choice extends string> {
  label: string;
  choices: readonly { id: Choice; name: string }[];
  chosen: Choice;
  choose(choice: Choice): void;
}

export function Segments<Choice extends string>(props: SegmentsProps<Choice>) {
  const name = createUniqueId();
  return (
    <div class="segments" role="radiogroup" aria-label={props.label}>
      <For each={props.choices}>
        {(choice) => (
          <label>
            <input
              type="radio"
              name={name}
              checked={choice.id === props.chosen}
              onChange={() => props.choose(choice.id)}
            />
            <span>{choice.name}</span>
          </label>
        )}
      </For>
    </div>
  );
}
