/**
 * Escape and a key that follows it at once come as the same bytes as that key with Alt, where the terminal has no other
 * way to tell them. A stop is not lost that way: what has no use with Alt is two keys.
 */
import { EditBufferRenderable, type CliRenderer, type KeyEvent } from "@opentui/core";

const escape = "\x1b";
const interrupt = "\x03";

/**
 * The keys in a sequence that the renderer takes for one, or for none; undefined when it is one. No answer of a terminal
 * has Ctrl+C in it, and what follows the last Escape is left out: the renderer has lost it, unless it is a key with Alt.
 */
export function mergedKeys(sequence: string): string[] | undefined {
  const count = /^\x1b*/.exec(sequence)?.[0].length ?? 0; // oxlint-disable-line no-control-regex -- they are looked for
  const rest = sequence.slice(count);
  if (sequence.length > 1 && sequence.includes(interrupt))
    return [...Array<string>(count).fill("Escape"), "Ctrl+c"];
  if (count < 2 || isAltKey(rest)) return undefined;
  return Array<string>(rest.startsWith("[") ? count - 1 : count).fill("Escape");
}

/** An arrow or another key that moves, as older terminals send it with Alt: `ESC ESC [ A`. */
function isAltKey(rest: string): boolean {
  return /^(?:[[O][A-FH]|\[\d~)$/.test(rest);
}

/** Whether the key may be two: `ESC` and one character. With text in the field that has the focus, some of them edit it. */
export function mayBeTwoKeys(renderer: CliRenderer, { raw, name }: KeyEvent): boolean {
  // oxlint-disable-next-line no-control-regex -- it is looked for
  if (!/^\x1b.$/su.test(raw)) return false;
  const field = renderer.currentFocusedRenderable;
  const isEditing = field instanceof EditBufferRenderable && field.plainText !== "";
  return !isEditing || !editingNames.has(name);
}

/** Keys with Alt that move by words, delete them, or begin a line. */
const editingNames = new Set(["b", "f", "d", "backspace", "delete", "return", "linefeed"]);

/** Makes it the second one alone. */
export function dropEscape(event: KeyEvent): void {
  event.meta = false;
  event.option = false;
  event.sequence = event.sequence.slice(escape.length);
  event.raw = event.raw.slice(escape.length);
}
