/** The keys that edit the message, beside those of every text field; Enter is not among them: it sends. */
import type { TextareaOptions } from "@opentui/core";

type EditingKey = NonNullable<TextareaOptions["keyBindings"]>[number] & {
  /** How people read the key, and what it does; the first of several keys for the same has the words. */
  shown?: { keys: string[]; words: string };
};

export const editingKeys: EditingKey[] = [
  {
    name: "return",
    shift: true,
    action: "newline",
    shown: { keys: ["Shift+Enter", "Alt+Enter", "Ctrl+J"], words: "New line" },
  },
  { name: "return", meta: true, action: "newline" },
  { name: "kpenter", meta: true, action: "newline" },
  { name: "kpenter", shift: true, action: "newline" },
  { name: "j", ctrl: true, action: "newline" },
  { name: "linefeed", action: "newline" },
  { name: "home", action: "visual-line-home" },
  { name: "end", action: "visual-line-end" },
  { name: "home", ctrl: true, action: "buffer-home" },
  { name: "end", ctrl: true, action: "buffer-end" },
  {
    name: "left",
    ctrl: true,
    action: "word-backward",
    shown: { keys: ["Ctrl+Left", "Ctrl+Right"], words: "Move by words" },
  },
  {
    name: "w",
    ctrl: true,
    action: "delete-word-backward",
    shown: { keys: ["Ctrl+W"], words: "Delete the word before" },
  },
  {
    name: "u",
    ctrl: true,
    action: "delete-to-line-start",
    shown: { keys: ["Ctrl+U", "Ctrl+K"], words: "Delete to the start or the end of the line" },
  },
  {
    name: "_",
    ctrl: true,
    action: "undo",
    shown: { keys: ["Ctrl+_", "Ctrl+Y"], words: "Undo, redo" },
  },
  { name: "z", ctrl: true, shift: true, action: "redo" },
  { name: "y", ctrl: true, action: "redo" },
];
