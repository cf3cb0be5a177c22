/** A button above the first loaded message: it loads earlier ones when pressed, or when scrolled near. */
import { createSignal, onCleanup, onMount } from "solid-js";
import { tn } from "../../shared/translation";
import styles from "./MessageList.module.css";

/** Loads when the button is this close to the visible part. */
const rootMargin = "800px 0px 0px 0px";

export function EarlierMessages(props: { count: number; load: () => Promise<void> }) {
  const [isLoading, setLoading] = createSignal(false);
  let button!: HTMLButtonElement;
  let observer: IntersectionObserver | undefined;

  async function load(): Promise<void> {
    if (isLoading()) return;
    setLoading(true);
    await keepScrollPosition(button.closest<HTMLElement>("[data-scroller]"), props.load);
    setLoading(false);
    // The observer reports only changes: after a few short messages the button may still be near.
    observer?.unobserve(button);
    observer?.observe(button);
  }

  onMount(() => {
    const root = button.closest("[data-scroller]");
    const onIntersect: IntersectionObserverCallback = ([entry]) => {
      if (entry?.isIntersecting) void load();
    };
    observer = new IntersectionObserver(onIntersect, { root, rootMargin });
    observer.observe(button);
    onCleanup(() => observer?.disconnect());
  });

  return (
    <button
      type="button"
      class={styles.earlier}
      data-testid="earlier"
      ref={button}
      disabled={isLoading()}
      onClick={() => void load()}
    >
      {tn(props.count, "{count} earlier messages", "{count} earlier messages")}
    </button>
  );
}

/** Keeps the visible part in place while content is added above. Browsers do this too, but not at the very top. */
async function keepScrollPosition(
  scroller: HTMLElement | null,
  grow: () => Promise<void>,
): Promise<void> {
  if (scroller === null) return grow();
  const { scrollHeight } = scroller;
  scroller.style.overflowAnchor = "none";
  await grow();
  scroller.scrollTop += scroller.scrollHeight - scrollHeight;
  requestAnimationFrame(() => scroller.style.removeProperty("overflow-anchor"));
}
