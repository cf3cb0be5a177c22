/** Whether every part of an element has been in the view of what scrolls it: a person can have read what is in it. */
import { type Accessor, createSignal, onCleanup, onMount } from "solid-js";

/** In pixels: less than a line of text. */
const band = 8;
const sampleMs = 100;

/** Stays true once it is. An element of another width has other text in its bands: then it begins anew. */
export function createSeen(element: () => HTMLElement): Accessor<boolean> {
  const [isSeen, setSeen] = createSignal(false);
  const bands = new Set<number>();
  let width = 0;

  function look(): void {
    if (document.hidden || isSeen()) return;
    const own = element().getBoundingClientRect();
    const view = scrollerOf(element()).getBoundingClientRect();
    if (width !== (width = own.width)) bands.clear();
    const first = Math.ceil((Math.max(own.top, view.top) - own.top) / band);
    const end = Math.floor((Math.min(own.bottom, view.bottom, innerHeight) - own.top) / band);
    for (let one = first; one < end; one++) bands.add(one);
    setSeen(own.height > 0 && bands.size >= Math.floor(own.height / band));
  }

  onMount(() => {
    const scroller = scrollerOf(element());
    look();
    const timer = setInterval(look, sampleMs);
    scroller.addEventListener("scroll", look, { passive: true });
    onCleanup(() => {
      clearInterval(timer);
      scroller.removeEventListener("scroll", look);
    });
  });
  return isSeen;
}

function scrollerOf(element: HTMLElement): Element {
  return element.closest("[data-scroller]") ?? document.documentElement;
}
