/** The page's keys as data: one window listener, and of the bindings that apply the latest wins. */
import { onCleanup } from "solid-js";
import { noteKeyboard } from "./hardware-keyboard";

export interface KeyBinding {
  /** As KeyboardEvent.key says it, with "Mod+" in front for Ctrl or Command. */
  key: string;
  when(): boolean;
  run(): void;
}

const bindings: KeyBinding[] = [];

/** Binds until the owner is disposed. What opens later lies on top, and is asked first. */
export function bindKey(binding: KeyBinding): void {
  bindings.push(binding);
  onCleanup(() => bindings.splice(bindings.indexOf(binding), 1));
}

/** While its owner lives, Escape closes this before anything below it. */
export function bindLayer(close: () => void): void {
  bindKey({ key: "Escape", when: () => true, run: close });
}

export function listenForKeys(): void {
  // Capturing, so that no component can keep Escape from reaching us.
  window.addEventListener("keydown", onKeyDown, { capture: true });
  onCleanup(() => window.removeEventListener("keydown", onKeyDown, { capture: true }));
}

function onKeyDown(event: KeyboardEvent): void {
  noteKeyboard(event);
  if (isComposing(event)) return;
  const binding = bindings.findLast((b) => b.key === nameOf(event) && b.when());
  if (binding === undefined) return;
  event.preventDefault();
  // A key held down closes one layer, and does not go on to stop the run beneath it.
  if (!event.repeat) binding.run();
}

/** While an input method composes, keys are its own. Safari says so only by the key code. */
export function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229;
}

function nameOf(event: KeyboardEvent): string {
  return event.ctrlKey || event.metaKey ? `Mod+${event.key}` : event.key;
}
