/** Keeps a scroll container at its end while its content grows, until the reader scrolls up. */
import { createSignal, onCleanup, onMount, type Accessor } from "solid-js";

export interface StickToEnd {
  scroller: (element: HTMLElement) => void;
  content: (element: HTMLElement) => void;
  isAtEnd: Accessor<boolean>;
  /** There is more than the container shows. */
  overflows: Accessor<boolean>;
  toEnd: () => void;
}

/** Within this distance counts as the end: people seldom scroll to the exact last pixel. */
const nearPixels = 48;

/** `isWanted` is false for content that is read from the top. */
export function createStickToEnd(isWanted: () => boolean): StickToEnd {
  const [isAtEnd, setAtEnd] = createSignal(true);
  const [overflows, setOverflows] = createSignal(false);
  let scroller!: HTMLElement;
  let content!: HTMLElement;
  let lastTop = 0;

  function toEnd(): void {
    setAtEnd(true);
    scroller.scrollTop = scroller.scrollHeight;
  }

  function onScroll(): void {
    const { scrollTop, scrollHeight, clientHeight } = scroller;
    const wentUp = scrollTop < lastTop - 1;
    lastTop = scrollTop;
    if (scrollHeight - clientHeight - scrollTop < nearPixels) setAtEnd(true);
    // Growing content leaves the end too, but only the reader scrolls up.
    else if (wentUp) setAtEnd(false);
  }

  onMount(() => {
    const observer = new ResizeObserver(() => {
      setOverflows(scroller.scrollHeight > scroller.clientHeight);
      if (isWanted() && isAtEnd()) toEnd();
    });
    observer.observe(content);
    observer.observe(scroller);
    scroller.addEventListener("scroll", onScroll, { passive: true });
    onCleanup(() => {
      observer.disconnect();
      scroller.removeEventListener("scroll", onScroll);
    });
  });
  return {
    scroller: (element) => void (scroller = element),
    content: (element) => void (content = element),
    isAtEnd,
    overflows,
    toEnd,
  };
}
