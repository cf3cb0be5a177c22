/** Where the focus goes when what covered the page is closed. */

/** To what had it before, else to the conversation, once the page can be focused again; not if something else took it. */
export function returnFocus(before: Element | null): void {
  queueMicrotask(() => {
    if (document.activeElement !== document.body) return;
    if (before instanceof HTMLElement && before !== document.body && before.checkVisibility())
      before.focus();
    if (document.activeElement === document.body)
      document.querySelector<HTMLElement>("[data-scroller]")?.focus();
  });
}
