/** One of a few, all in sight: radio buttons drawn as one bar. */
import { createSignal, createUniqueId, For } from "solid-js";
import styles from "./Segments.module.css";

export interface SegmentsProps<Choice extends string> {
  label: string;
  choices: readonly { id: Choice; name: string }[];
  chosen: Choice;
  /** Called again only once it has resolved, with what is picked by then. It does not reject. */
  choose(choice: Choice): unknown;
}

export function Segments<Choice extends string>(props: SegmentsProps<Choice>) {
  const name = createUniqueId();
  /** What the person wants, until it is taken or refused: what comes in between does not change it back. */
  const [picked, setPicked] = createSignal<Choice>();
  const shown = () => picked() ?? props.chosen;
  let isChoosing = false;

  async function pick(choice: Choice): Promise<void> {
    setPicked(() => choice);
    if (isChoosing) return;
    isChoosing = true;
    for (let last: Choice | undefined; last !== picked();) {
      last = picked()!;
      await props.choose(last);
    }
    isChoosing = false;
    setPicked(undefined);
  }

  return (
    <div class={styles.segments} role="radiogroup" aria-label={props.label}>
      {/* By their ids: one that is focused stays, though the list is made anew. */}
      <For each={props.choices.map(({ id }) => id)}>
        {(id) => (
          <label>
            <input
              type="radio"
              name={name}
              value={id}
              checked={id === shown()}
              onChange={() => void pick(id)}
            />
            <span>{props.choices.find((choice) => choice.id === id)?.name}</span>
          </label>
        )}
      </For>
    </div>
  );
}
