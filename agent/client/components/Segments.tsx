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
      {/* By their ids: one that is focused stays, though the list is made anew. */}
      <For each={props.choices.map(({ id }) => id)}>
        {(id) => (
          <label>
            <input
              type="radio"
              name={name}
              value={id}
              checked={id === props.chosen}
              onChange={() => void choose(id)}
            />
            <span>{props.choices.find((choice) => choice.id === id)?.name}</span>
          </label>
        )}
      </For>
    </div>
  );
}
