/** A button that opens a panel over the page. The browser's popover closes it on a click elsewhere; Escape is ours. */
import { createSignal, createUniqueId, type JSX, Show } from "solid-js";
import { bindLayer } from "../keys";

export interface MenuProps {
  /** For screen readers, when the button's content does not say it. */
  label: string;
  trigger: JSX.Element;
  class?: string;
  /** "dialog" for a form; a list of things to do or choose is a menu. */
  kind?: "menu" | "dialog";
  children: (close: () => void) => JSX.Element;
}

export function Menu(props: MenuProps) {
  const id = createUniqueId();
  const [isOpen, setOpen] = createSignal(false);
  let button!: HTMLButtonElement;
  let panel!: HTMLDivElement;

  function close(): void {
    if (panel.matches(":popover-open")) panel.hidePopover();
    button.focus();
  }

  function onBeforeToggle(event: ToggleEvent): void {
    setOpen(event.newState === "open");
    // Its size is known when it is open, and it is not painted before this.
    requestAnimationFrame(() => isOpen() && place(panel, button.getBoundingClientRect()));
  }

  return (
    <>
      <button
        type="button"
        ref={button}
        class={props.class ?? "chip"}
        aria-label={props.label}
        title={props.label}
        aria-haspopup={props.kind ?? "menu"}
        aria-expanded={isOpen()}
        popovertarget={id}
      >
        {props.trigger}
      </button>
      <div
        id={id}
        ref={panel}
        class="menu"
        popover="auto"
        role={props.kind ?? "menu"}
        aria-label={props.label}
        on:beforetoggle={onBeforeToggle}
        on:toggle={() =>
          isOpen() &&
          panel
            .querySelector<HTMLElement>("[autofocus], [aria-checked=true], [aria-selected=true]")
            ?.focus()
        }
        onKeyDown={(event) => moveFocus(panel, event)}
      >
        <Show when={isOpen()}>
          <Layer close={close} />
          {props.children(close)}
        </Show>
      </div>
    </>
  );
}

function Layer(props: { close: () => void }) {
  bindLayer(() => props.close());
  return null;
}

/** Beside its button, on the side with more room, and never past the edge of the screen. */
function place(panel: HTMLElement, button: DOMRect): void {
  const gap = 6;
  const below = window.innerHeight - button.bottom;
  const opensDown = below >= button.top;
  panel.style.top = opensDown ? `${button.bottom + gap}px` : "auto";
  panel.style.bottom = opensDown ? "auto" : `${window.innerHeight - button.top + gap}px`;
  panel.style.maxHeight = `${Math.max(below, button.top) - 2 * gap}px`;
  const opensRight = button.left < window.innerWidth / 2;
  const left = opensRight ? button.left : button.right - panel.offsetWidth;
  panel.style.left = `${Math.max(gap, Math.min(left, window.innerWidth - panel.offsetWidth - gap))}px`;
}

function moveFocus(panel: HTMLElement, event: KeyboardEvent): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined) return;
  const items = [...panel.querySelectorAll<HTMLElement>("button:not(:disabled), a[href], input")];
  const index = items.findIndex((item) => item === document.activeElement);
  items.at((index + step + items.length) % items.length)?.focus();
  event.preventDefault();
}
