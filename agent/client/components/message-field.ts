/** The field for the message: where the focus goes when what had it is gone. */
import { hasKeyboard } from "../hardware-keyboard";

export function focusMessageField(): void {
  messageField()?.focus();
}

/** After an answer, so that what is typed next is in the message. Not on a touch screen, where its keyboard would come up. */
export function returnToMessageField(): void {
  if (hasKeyboard()) focusMessageField();
}

/** In the place of what is selected there, or at the cursor, which is then behind it. */
export function insertIntoMessage(text: string): void {
  const field = messageField();
  if (field === undefined) return;
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

/** Undefined while no session is shown. */
export function messageField(): HTMLTextAreaElement | undefined {
  const field = document.querySelector("textarea[name=message]");
  return field instanceof HTMLTextAreaElement ? field : undefined;
}
