/** The keys of the terminal: pressed as the bindings name them, before what has the focus gets them. */
import type { CliRenderer, KeyEvent } from "@opentui/core";
import { onCleanup } from "solid-js";
import { pressKey } from "../client/state/key-bindings";

export { bindKey, bindLayer } from "../client/state/key-bindings";

/** Until the owner is disposed. `onOther`: for a key that no binding takes, before what has the focus gets it. */
export function listenForKeys(renderer: CliRenderer, onOther: (name: string) => void): void {
  const onKey = (event: KeyEvent) => {
    const name = nameOfKey(event);
    // Only terminals with the keyboard of kitty say that a key is held.
    if (!pressKey(name, event.repeated === true)) return onOther(name);
    event.preventDefault();
    event.stopPropagation();
  };
  renderer.keyInput.on("keypress", onKey);
  onCleanup(() => renderer.keyInput.off("keypress", onKey));
}

/**
 * "a", "?", "Enter", "ArrowUp", "Alt+ArrowUp", "Ctrl+c", "Shift+Tab": modifiers in the order Ctrl, Alt, Shift. Shift is
 * not named where it made the character.
 */
export function nameOfKey(event: KeyEvent): string {
  if (event.name === "linefeed") return "Ctrl+j";
  const isAlt = event.meta || event.option;
  if (!event.ctrl && !isAlt && isCharacter(event.sequence))
    return names[event.name] ?? event.sequence;
  const modifiers = [event.ctrl ? "Ctrl+" : "", isAlt ? "Alt+" : "", event.shift ? "Shift+" : ""];
  return modifiers.join("") + (names[event.name] ?? event.name);
}

/** Whether a key, or what it sent, is one character that a person can type. */
export function isCharacter(text: string): boolean {
  return /^[^\p{Cc}]$/u.test(text);
}

const names: Record<string, string> = {
  return: "Enter",
  kpenter: "Enter",
  escape: "Escape",
  tab: "Tab",
  backspace: "Backspace",
  delete: "Delete",
  insert: "Insert",
  up: "ArrowUp",
  down: "ArrowDown",
  left: "ArrowLeft",
  right: "ArrowRight",
  home: "Home",
  end: "End",
  pageup: "PageUp",
  pagedown: "PageDown",
  space: " ",
};
