/** A field above a list of which one is chosen by typing and keys. Escape, "back" and a press beside it close it. */
import { createEffect, type JSX, onCleanup, onMount } from "solid-js";
import menuStyles from "../components/Menu.module.css";
import { returnFocus } from "../components/return-focus";
import { bindLayer, isComposing } from "../keys";
import { useClient } from "../state/client";
import styles from "./Palette.module.css";

const listId = "picker-list";
const optionId = (index: number) => `picker-option-${index}`;
/** As far as Page Up and Page Down go. */
const pageRows = 8;

export interface PickerDialogProps {
  label: string;
  testId: string;
  field: { label: string; placeholder: string };
  listLabel: string;
  /** How many options there are, and the index of the chosen one. */
  count: number;
  chosen: number;
  choose(index: number): void;
  /** The chosen one. */
  take(): void;
  type(words: string): void;
  close: () => void;
  /** Between the field and the list. */
  above?: JSX.Element;
  options: JSX.Element;
  below: JSX.Element;
}

export function PickerDialog(props: PickerDialogProps) {
  const client = useClient();
  const before = document.activeElement;
  let dialog!: HTMLDialogElement;
  let list!: HTMLDivElement;
  bindLayer(() => props.close());
  client.route.cover(() => props.close());
  onMount(() => dialog.showModal());
  onCleanup(() => returnFocus(before));
  createEffect(show);

  function show(): void {
    const option = props.count > 0 ? list.querySelector(`#${optionId(props.chosen)}`) : null;
    option?.scrollIntoView({ block: "nearest" });
  }

  /** The arrow keys go round, the others only as far as the end. */
  function move(event: KeyboardEvent): number | undefined {
    const { count, chosen } = props;
    if (event.key === "ArrowDown") return (chosen + 1) % count;
    if (event.key === "ArrowUp") return (chosen + count - 1) % count;
    if (event.key === "PageDown") return Math.min(count - 1, chosen + pageRows);
    if (event.key === "PageUp") return Math.max(0, chosen - pageRows);
    return undefined;
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (isComposing(event)) return;
    const to = move(event);
    if (event.key === "Enter") props.take();
    else if (to === undefined) return;
    else if (props.count > 0) props.choose(to);
    event.preventDefault();
  }

  return (
    <dialog
      ref={dialog}
      class={styles.palette}
      aria-label={props.label}
      data-testid={props.testId}
      onClose={() => props.close()}
      // The dialog's own box ends at its content: a press on it is one beside that.
      onPointerDown={(event) => event.target === dialog && props.close()}
    >
      <div class={styles.box}>
        <input
          autofocus
          role="combobox"
          aria-expanded={props.count > 0}
          aria-autocomplete="list"
          aria-haspopup="listbox"
          aria-controls={listId}
          aria-activedescendant={props.count > 0 ? optionId(props.chosen) : undefined}
          aria-label={props.field.label}
          placeholder={props.field.placeholder}
          maxlength="500"
          autocapitalize="off"
          autocomplete="off"
          spellcheck={false}
          enterkeyhint="go"
          onInput={(event) => {
            props.type(event.currentTarget.value);
            show();
          }}
          onKeyDown={onKeyDown}
        />
        {props.above}
        <div ref={list} class={styles.list} id={listId} role="listbox" aria-label={props.listLabel}>
          {props.options}
        </div>
        {props.below}
      </div>
    </dialog>
  );
}

export interface PickerOptionProps {
  index: number;
  isChosen: boolean;
  destructive?: boolean;
  /** The pointer is over it. */
  point(): void;
  take(): void;
  children: JSX.Element;
}

export function PickerOption(props: PickerOptionProps) {
  return (
    <div
      id={optionId(props.index)}
      role="option"
      class={menuStyles.item}
      classList={{ [menuStyles.destructive!]: props.destructive ?? false }}
      aria-selected={props.isChosen}
      // The field keeps the focus.
      onPointerDown={(event) => event.preventDefault()}
      onPointerMove={() => props.isChosen || props.point()}
      onClick={() => props.take()}
    >
      {props.children}
    </div>
  );
}
