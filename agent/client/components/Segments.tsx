/** One of a few, all in sight: radio buttons drawn as one bar. */
import { createUniqueId, For } from "solid-js";
import styles from "./Segments.module.css";

export interface SegmentsProps<Choice extends string> {
  label: string;
  choices: readonly { id: Choice; name: string }[];
  chosen: Choice;
  choose(choice: Choice): void | Promise<void>;
}

export function Segments<Choice extends string>(props: SegmentsProps<Choice>) {
  const name = createUniqueId();
  let group!: HTMLDivElement;

  async function choose(choice: Choice): Promise<void> {
    await props.choose(choice);
    // What was not taken does not look as if it were.
    for (const input of group.querySelectorAll("input"))
      input.checked = input.value === props.chosen;
  }

  return (
    <div ref={group} class={styles.segments} role="radiogroup" aria-label={props.label}>
      <For each={props.choices}>
        {(choice) => (
          <label>
            <input
              type="radio"
              name={name}
              value={choice.id}
              checked={choice.id === props.chosen}
              onChange={() => void choose(choice.id)}
            />
            <span>{choice.name}</span>
          </label>
        )}
      </For>
    </div>
  );
}
