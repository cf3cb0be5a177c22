/** The keys of the page: one window listener that presses them as the bindings name them. */
import { onCleanup } from "solid-js";
import { noteKeyboard } from "./hardware-keyboard";
import { pressKey } from "./state/key-bindings";

export { bindKey, bindLayer } from "./state/key-bindings";

export function listenForKeys(): void {
  // Capturing, so that no component can keep Escape from reaching us.
  window.addEventListener("keydown", onKeyDown, { capture: true });
  onCleanup(() => window.removeEventListener("keydown", onKeyDown, { capture: true }));
}

function onKeyDown(event: KeyboardEvent): void {
  noteKeyboard(event);
  if (isComposing(event)) return;
  if (pressKey(nameOf(event), event.repeat)) event.preventDefault();
}

/** While an input method composes, keys are its own. Safari says so only by the key code. */
export function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229;
}

/** As KeyboardEvent.key says it, with "Mod+" in front for Ctrl or Command, and "Alt+" of an arrow. */
function nameOf(event: KeyboardEvent): string {
  if (event.altKey && event.key.startsWith("Arrow")) return `Alt+${event.key}`;
  return event.ctrlKey || event.metaKey ? `Mod+${event.key}` : event.key;
}
