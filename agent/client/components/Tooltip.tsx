/** Words beside a button, while a mouse is over it or the keyboard's focus is on it. Never for a touch, never cut by the screen's edge. */
import { createEffect, createSignal, on, onCleanup, onMount, Show } from "solid-js";
import styles from "./Tooltip.module.css";

export interface TooltipProps {
  words: string;
  /** Shown whatever the pointer and the focus do: it says what has just happened. */
  isNews?: boolean | undefined;
}

/** Drawn inside of the button that it describes. It says what the button's name says, so it is not read aloud. */
export function Tooltip(props: TooltipProps) {
  const [isShown, setShown] = createSignal(false);
  let place!: HTMLSpanElement;
  const button = () => place.parentElement!;
  const hide = () => setShown(false);

  onMount(() => {
    const listeners = new AbortController();
    onCleanup(() => listeners.abort());
    const listen = <K extends keyof HTMLElementEventMap>(
      type: K,
      listener: (event: HTMLElementEventMap[K]) => void,
    ) => button().addEventListener(type, listener, { signal: listeners.signal });
    listen("pointerenter", (event) => setShown(event.pointerType !== "touch"));
    listen("pointerleave", hide);
    listen("focus", () => setShown(button().matches(":focus-visible")));
    listen("blur", hide);
    // What it opens lies in the same place.
    listen("click", () => button().ariaHasPopup !== null && hide());
  });
  return (
    <span ref={place} class={styles.place} aria-hidden="true">
      <Show when={isShown() || props.isNews}>
        <Words words={props.words} button={button()} hide={hide} />
      </Show>
    </span>
  );
}

function Words(props: { words: string; button: HTMLElement; hide: () => void }) {
  let box!: HTMLSpanElement;
  const move = () => {
    const { x, y } = besideButton(props.button.getBoundingClientRect(), box);
    box.style.translate = `${x}px ${y}px`;
  };
  // Escape goes on to what it would do without it.
  const onKey = ({ key }: KeyboardEvent) => key === "Escape" && props.hide();

  onMount(() => {
    // In the top layer no scroller and no sheet cuts it.
    box.showPopover();
    createEffect(on(() => props.words, move));
    window.addEventListener("scroll", move, { capture: true, passive: true });
    window.addEventListener("keydown", onKey, { capture: true });
  });
  onCleanup(() => {
    window.removeEventListener("scroll", move, { capture: true });
    window.removeEventListener("keydown", onKey, { capture: true });
  });
  return (
    <span ref={box} class={styles.box} popover="manual" data-testid="tooltip">
      <span class={styles.words}>{props.words}</span>
    </span>
  );
}

const edgePx = 6;

/** Above the button, in its middle, as far as the window has room; below it where there is none above. */
function besideButton(button: DOMRect, box: HTMLElement): { x: number; y: number } {
  const { offsetWidth: width, offsetHeight: height } = box;
  const middle = button.left + button.width / 2 - width / 2;
  const x = Math.max(
    edgePx,
    Math.min(middle, document.documentElement.clientWidth - width - edgePx),
  );
  return { x, y: button.top >= height ? button.top - height : button.bottom };
}
