/**
 * Keeps the focus when what had it is removed: it goes to the first control of the place around it, or to the message
 * field. A button that cannot be pressed for a moment has it again afterwards.
 */
import { onCleanup } from "solid-js";
import { focusMessageField } from "./components/message-field";
import { hasKeyboard } from "./hardware-keyboard";

/** What has a beginning of its own to go on from. */
const places = "section, dialog, form, nav, ol, ul, fieldset, [role=dialog], [role=tabpanel]";
const controls =
  "button:enabled, a[href], input:enabled, select:enabled, textarea:enabled, summary, [tabindex='0']";

/** Until the owner is disposed. Browsers say nothing when a focused element is removed, and keys would go to the body. */
export function keepFocus(): void {
  let last: { element: Element; around: Element[]; wasDisabled?: boolean } | undefined;

  function onFocusIn({ target }: FocusEvent): void {
    last =
      target instanceof Element ? { element: target, around: placesAround(target) } : undefined;
  }

  /** Gone to nothing by a click beside it: that is what was wanted. In a removal, it is out of the page by then. */
  function onFocusOut(): void {
    queueMicrotask(() => {
      if (last?.element.isConnected && !isDisabled(last.element) && isFocusLost()) last = undefined;
    });
  }

  const observer = new MutationObserver(() => {
    if (last === undefined) return;
    if (isDisabled(last.element)) last.wasDisabled = true;
    else if (isFocusLost()) giveBack(last);
    else last.wasDisabled = false;
  });

  /** While Tab moves the focus, nothing has it for a moment: what is still there is left only if it was disabled. */
  function giveBack({ element, around, wasDisabled }: NonNullable<typeof last>): void {
    if (element.isConnected) {
      if (wasDisabled) (element as HTMLElement).focus();
      return;
    }
    last = undefined;
    // On a touch screen, its keyboard would come up.
    if (hasKeyboard()) focusNear(around);
  }

  observer.observe(document.body, {
    childList: true,
    subtree: true,
    attributeFilter: ["disabled"],
  });
  document.addEventListener("focusin", onFocusIn);
  document.addEventListener("focusout", onFocusOut);
  onCleanup(() => {
    observer.disconnect();
    document.removeEventListener("focusin", onFocusIn);
    document.removeEventListener("focusout", onFocusOut);
  });
}

function isFocusLost(): boolean {
  return document.activeElement === null || document.activeElement === document.body;
}

function isDisabled(element: Element): boolean {
  return element.isConnected && element.matches(":disabled");
}

function placesAround(element: Element): Element[] {
  const place = element.parentElement?.closest(places);
  return place ? [place, ...placesAround(place)] : [];
}

function focusNear(around: Element[]): void {
  for (const place of around.filter((one) => one.isConnected)) {
    const all = [...place.querySelectorAll<HTMLElement>(controls)];
    const shown = all.filter((one) => one.getClientRects().length > 0);
    const target = shown.find((one) => one.matches("[autofocus], [name=message]")) ?? shown[0];
    if (target !== undefined) return target.focus();
  }
  focusMessageField();
}
