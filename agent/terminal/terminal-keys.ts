/** The keys of the terminal: pressed as the bindings name them, before what has the focus gets them. */
import type { CliRenderer, KeyEvent } from "@opentui/core";
import { onCleanup } from "solid-js";
import { isBound, pressKey } from "../client/state/key-bindings";
import { dropEscape, mayBeTwoKeys, mergedKeys } from "./merged-keys";

export { bindKey, bindLayer } from "../client/state/key-bindings";

export interface KeyListeners {
  /** Of a key that no binding takes, before what has the focus gets it. */
  onOther: (name: string) => void;
  /** Of a binding that throws: a bug. */
  onError: (error: unknown) => void;
}

/** Until the owner is disposed. */
export function listenForKeys(renderer: CliRenderer, { onOther, onError }: KeyListeners): void {
  /** Returns whether a binding has taken it. */
  function press(name: string, isRepeat = false): boolean {
    try {
      return pressKey(name, isRepeat);
    } catch (error) {
      onError(error);
      return true;
    }
  }

  const onKey = (event: KeyEvent) => {
    if (!isBound(nameOfKey(event)) && isBound("Escape") && mayBeTwoKeys(renderer, event)) {
      press("Escape");
      dropEscape(event);
    }
    const name = nameOfKey(event);
    // Only terminals with the keyboard of kitty say that a key is held.
    if (!press(name, event.repeated === true)) return onOther(name);
    event.preventDefault();
    event.stopPropagation();
  };
  const onSequence = (sequence: string) => {
    const keys = mergedKeys(sequence);
    for (const key of keys ?? []) press(key);
    return keys !== undefined;
  };
  renderer.prependInputHandler(onSequence);
  renderer.keyInput.on("keypress", onKey);
  onCleanup(() => {
    renderer.removeInputHandler(onSequence);
    renderer.keyInput.off("keypress", onKey);
  });
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

/** "Ctrl+t" is read as Ctrl+T, "ArrowUp" as Up, "f1" as F1. */
export function keyWords(key: string): string {
  return key.replace("Arrow", "").replace(/(?<=\+)[a-z]$|^f\d+$/, (name) => name.toUpperCase());
}
