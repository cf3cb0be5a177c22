/** One Tab leads from the message field to the approval that waits, and from the last one on to what follows the field. */
import { messageField } from "./message-field";

/** The focus has come to the approvals from the message field, and leaves them as if they stood behind it. */
let isBehindField = false;

/** False when no approval waits where it can be seen. */
export function tabToApproval(): boolean {
  const [first] = waiting();
  if (first === undefined) return false;
  firstButton(first)!.focus();
  isBehindField = true;
  return true;
}

/** Tab in an approval: takes over at its ends when the focus has come from the message field. */
export function tabInApproval(event: KeyboardEvent, box: HTMLElement): void {
  if (!isBehindField || event.key !== "Tab") return;
  const all = waiting();
  const at = all.indexOf(box);
  const buttons = box.querySelectorAll("button");
  if (event.shiftKey && document.activeElement === firstButton(box)) {
    const before = all[at - 1];
    (before ? [...before.querySelectorAll("button")].at(-1) : messageField())?.focus();
  } else if (!event.shiftKey && document.activeElement === buttons[buttons.length - 1]) {
    const next = all[at + 1];
    const target = next ? firstButton(next) : afterField();
    if (target === undefined) return;
    target.focus();
  } else return;
  event.preventDefault();
}

/** The focus has left an approval, for `next`. */
export function leftApproval(next: EventTarget | null): void {
  if (!(next instanceof Element) || next.closest("[data-approval]") === null) isBehindField = false;
}

/** Those that can be seen and are not answered yet: where a sheet is open, it covers the others. */
function waiting(): HTMLElement[] {
  const shown = document.querySelector("dialog[open]") ?? document;
  return [...shown.querySelectorAll<HTMLElement>("[data-approval]")].filter(
    (box) => box.querySelector("fieldset:disabled") === null && firstButton(box) !== undefined,
  );
}

function firstButton(box: HTMLElement): HTMLElement | undefined {
  return box.querySelector("button") ?? undefined;
}

function afterField(): HTMLElement | undefined {
  const field = messageField();
  const buttons = field?.form?.querySelectorAll<HTMLElement>("button:enabled") ?? [];
  return [...buttons].find(
    (button) => field!.compareDocumentPosition(button) & Node.DOCUMENT_POSITION_FOLLOWING,
  );
}
