/** Whether an element has been in one place for a moment: a press that comes earlier was meant for something else. */
import { type Accessor, createSignal, onCleanup, onMount } from "solid-js";

/** As long as Chromium ignores input after a prompt of its own has appeared (InputEventActivationProtector). */
const stillMs = 500;
const sampleMs = 100;

export interface Stillness {
  isStill: Accessor<boolean>;
  /** Looks at the very moment of a press: what has just moved under the pointer is not still. */
  check(): boolean;
}

/** A page that comes back from the background begins anew. */
export function createStillness(element: () => HTMLElement): Stillness {
  const [isStill, setStill] = createSignal(false);
  let place = "";
  let since = 0;

  function check(): boolean {
    const now = performance.now();
    const seen = placeOf(element());
    if (seen === undefined || seen !== place) since = now;
    place = seen ?? "";
    return setStill(now - since >= stillMs);
  }

  onMount(() => {
    check();
    const timer = setInterval(check, sampleMs);
    onCleanup(() => clearInterval(timer));
  });
  return { isStill, check };
}

/** Within what scrolls: a person who scrolls to it means it. Undefined while the page is hidden. */
function placeOf(element: HTMLElement): string | undefined {
  if (document.hidden) return undefined;
  const { top, left } = element.getBoundingClientRect();
  const scrolled = element.closest("[data-scroller]")?.scrollTop ?? 0;
  return `${Math.round(top + scrolled)} ${Math.round(left)}`;
}
