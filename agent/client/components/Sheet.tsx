/** A window over the conversation that leaves the input area, and so the Stop, in sight. */
import { type JSX, onCleanup, onMount } from "solid-js";
import { bindLayer } from "../keys";
import { Icon } from "./Icon";

export interface SheetProps {
  title: string;
  close: () => void;
  /** Beside the title. */
  actions?: JSX.Element;
  children: JSX.Element;
}

export function Sheet(props: SheetProps) {
  let dialog!: HTMLDialogElement;
  const before = document.activeElement;
  bindLayer(() => props.close());
  onMount(() => dialog.show());
  onCleanup(() => before instanceof HTMLElement && before.focus());

  return (
    <dialog ref={dialog} class="sheet" aria-label={props.title} onClose={() => props.close()}>
      <header class="sheet-head">
        <h2>{props.title}</h2>
        {props.actions}
        <button
          type="button"
          class="quiet icon-only"
          aria-label="Close"
          autofocus
          onClick={() => props.close()}
        >
          <Icon name="close" />
        </button>
      </header>
      {props.children}
    </dialog>
  );
}
