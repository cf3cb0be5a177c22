/** What the input could become, as a list above it, in groups where it has some: chosen with the arrow keys, taken with Tab. */
import { createEffect, For, onCleanup, onMount, Show } from "solid-js";
import { t } from "../../shared/translation";
import { bindLayer } from "../keys";
import { VisibleText } from "./VisibleText";
import styles from "./Completion.module.css";
import menuStyles from "./Menu.module.css";

export interface CompletionProps {
  choices: readonly { text: string; words: string; group?: string }[];
  chosen: number;
  take(index: number): void;
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
  let list!: HTMLUListElement;
  onMount(() => onCleanup(keepBelowHeader(list)));
  createEffect(() =>
    list.querySelectorAll("[role=option]")[props.chosen]?.scrollIntoView({ block: "nearest" }),
  );
  const begins = (index: number) =>
    props.choices[index]?.group !== undefined &&
    props.choices[index]?.group !== props.choices[index - 1]?.group;
  return (
    <ul
      ref={list}
      class={styles.completion}
      classList={{ [styles.grouped!]: begins(0) }}
      id={id}
      role="listbox"
      aria-label={t("Suggestions")}
    >
      <For each={props.choices}>
        {(choice, index) => (
          <>
            <Show when={begins(index())}>
              <li class={styles.group} role="presentation">
                {choice.group}
              </li>
            </Show>
            <li
              id={optionId(index())}
              role="option"
              class={menuStyles.item}
              aria-selected={index() === props.chosen}
              // The input keeps the focus.
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => props.take(index())}
            >
              <code>
                <VisibleText text={choice.text.trim()} />
              </code>
              <span class={menuStyles.side}>
                <VisibleText text={choice.words} />
              </span>
            </li>
          </>
        )}
      </For>
    </ul>
  );
}

/** Lets the list be as high as what lies between the header and the input, however that changes. */
function keepBelowHeader(list: HTMLElement): () => void {
  const between = list.closest("form")!.previousElementSibling!;
  const observer = new ResizeObserver(() => {
    list.style.maxHeight = `calc(${between.clientHeight}px - 2 * var(--space-2))`;
  });
  observer.observe(between);
  return () => observer.disconnect();
}

function optionId(index: number): string {
  return `${id}-${index}`;
}
