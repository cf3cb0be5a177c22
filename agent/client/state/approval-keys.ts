/** The keys of an approval: which answer a key is, and that only a key which is meant for it counts. */
import { type Accessor, createSignal, onCleanup } from "solid-js";

/** As shown on the buttons. Far enough apart on a keyboard that none is hit for another. */
export const answerKeys = { once: "A", always: "L", deny: "D" } as const;
export type AnswerName = keyof typeof answerKeys;

export type KeyPress = Pick<
  KeyboardEvent,
  "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey"
>;

/** The answer that a key stands for, in every layout: what is not a Latin letter is read by its place. */
export function answerOf(event: KeyPress): AnswerName | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return undefined;
  const isLatin = /^[a-z]$/i.test(event.key);
  const letter = isLatin ? event.key.toUpperCase() : event.code.replace("Key", "");
  if (!isLatin && event.key.length !== 1) return undefined;
  return names.find((name) => answerKeys[name] === letter);
}

const names = Object.keys(answerKeys) as AnswerName[];

/** Longer than between two letters of fast typing, shorter than between seeing the focus move and answering. */
const quietMs = 300;

/** `repeat`: it is held down. `isComposing`: it belongs to an input method. */
export type TakenKey = Pick<KeyboardEvent, "repeat" | "isComposing">;

export interface AnswerPresses {
  /** A key would count now. Reactive. */
  isListening: Accessor<boolean>;
  /** To be called with every key that comes to the approval: whether it counts as a press of its own. */
  take(event: TakenKey): boolean;
  /** The focus has come into the approval. */
  enter(): void;
  leave(): void;
}

/**
 * A key counts when the approval has had the focus, and no other key has come to it, for a moment: whoever is typing as
 * the focus moves there answers nothing. A key that is held down never counts.
 */
export function createAnswerPresses(): AnswerPresses {
  const [isListening, setListening] = createSignal(false);
  let timer: ReturnType<typeof setTimeout> | undefined;

  function leave(): void {
    clearTimeout(timer);
    setListening(false);
  }

  function enter(): void {
    leave();
    timer = setTimeout(() => setListening(true), quietMs);
  }

  function take(event: TakenKey): boolean {
    const counts = isListening() && !event.repeat && !event.isComposing;
    enter();
    return counts;
  }

  onCleanup(leave);
  return { isListening, take, enter, leave };
}
