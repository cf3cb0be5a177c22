/** Keys as data: of the bindings of a key that apply, the latest wins. Each face gives the keys its own names. */
import { onCleanup } from "solid-js";

export interface KeyBinding {
  /** As the face names it: "Escape", "?", "Mod+." in a page, "Ctrl+c" in a terminal. */
  key: string;
  /** What it does, for the list of keys; without them it is not listed. */
  words?: string;
  when(): boolean;
  run(): void;
  /** It does so again and again while the key is held down. */
  repeats?: true;
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

/** Runs the binding of this key. Returns whether there is one: then nothing else may take the key. */
export function pressKey(key: string, isRepeat: boolean): boolean {
  const binding = bindings.findLast((b) => b.key === key && b.when());
  // A key held down closes one layer, and does not go on to stop the run beneath it.
  if (!isRepeat || binding?.repeats) binding?.run();
  return binding !== undefined;
}

/** Whether a binding of this key applies now. */
export function isBound(key: string): boolean {
  return bindings.some((b) => b.key === key && b.when());
}

/** The bindings that now have words, in the order in which they were bound; of the same words the first. */
export function listedKeys(): { key: string; words: string }[] {
  const byWords = new Map<string, string>();
  for (const { key, words } of bindings)
    if (words !== undefined && !byWords.has(words)) byWords.set(words, key);
  return [...byWords].map(([words, key]) => ({ key, words }));
}
