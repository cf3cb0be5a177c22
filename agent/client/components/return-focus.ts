/** Where the focus goes when what covered the page is closed. */

/**
 * To what had it before, else to the conversation, once the page can be focused again. Not if something else took it:
 * it is lost in the body, or still in `closed`, which is being hidden.
 */
export function returnFocus(before: Element | null, closed?: Element): void {
  queueMicrotask(() => {
    const isLost = () =>
      document.activeElement === document.body || closed?.contains(document.activeElement);
    if (!isLost()) return;
    if (before instanceof HTMLElement && before.checkVisibility()) before.focus();
    if (isLost()) document.querySelector<HTMLElement>("[data-scroller]")?.focus();
  });
}
