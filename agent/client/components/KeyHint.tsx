/** The key that does what a button does, shown on the button where there is a keyboard. */
import { Show } from "solid-js";
import { hasKeyboard } from "../hardware-keyboard";

/** Screen readers have it from the button's `aria-keyshortcuts`. */
export function KeyHint(props: { name: string }) {
  return (
    <Show when={hasKeyboard()}>
      <kbd aria-hidden="true">{props.name}</kbd>
    </Show>
  );
}
