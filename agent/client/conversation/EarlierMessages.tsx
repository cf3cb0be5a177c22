/** What stands above the first message of a long session: it fetches the ones before as the reader comes near. */
import { createSignal, onCleanup, onMount } from "solid-js";

/** So much before the reader reaches it. */
const ahead = "800px 0px 0px 0px";

export function EarlierMessages(props: { count: number; load: () => Promise<void> }) {
  const [isLoading, setLoading] = createSignal(false);
  let button!: HTMLButtonElement;
  let observer: IntersectionObserver | undefined;

  async function load(): Promise<void> {
    if (isLoading()) return;
    setLoading(true);
    await keepPlace(button.closest<HTMLElement>(".scroller"), props.load);
    setLoading(false);
    // It tells only of changes: short messages may have left the reader as near as before.
    observer?.unobserve(button);
    observer?.observe(button);
  }

  onMount(() => {
    const root = button.closest(".scroller");
    const look: IntersectionObserverCallback = ([entry]) => {
      if (entry?.isIntersecting) void load();
    };
    observer = new IntersectionObserver(look, { root, rootMargin: ahead });
    observer.observe(button);
    onCleanup(() => observer?.disconnect());
  });

  return (
    <button
      type="button"
      class="earlier"
      data-testid="earlier"
      ref={button}
      disabled={isLoading()}
      onClick={() => void load()}
    >
      {props.count} earlier messages
    </button>
  );
}

/** What the reader sees stays where it is while something grows above it. Browsers do so too, but not at the very top. */
async function keepPlace(scroller: HTMLElement | null, grow: () => Promise<void>): Promise<void> {
  if (scroller === null) return grow();
  const { scrollHeight } = scroller;
  scroller.style.overflowAnchor = "none";
  await grow();
  scroller.scrollTop += scroller.scrollHeight - scrollHeight;
  requestAnimationFrame(() => scroller.style.removeProperty("overflow-anchor"));
}
