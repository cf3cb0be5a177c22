/** An open dialog beside its button. It closes when the focus, or a press, goes elsewhere. */
import { Popover } from "@kobalte/core/popover";
import type { JSX } from "solid-js";
import type { PanelProps } from "./Menu";
import styles from "./Menu.module.css";
import { exceptOn, mainPart, placementAt } from "./placement";

/** Where the focus begins, when that is not at the first thing that takes it: at what is marked, or the first field or list in it. */
const firstFocus = "[data-opens-at] :is(input, [role=listbox])";

export function PopupPanel(props: PanelProps & { children: JSX.Element }) {
  const place = placementAt(props.button);
  let content!: HTMLDivElement;
  return (
    <Popover
      open
      anchorRef={() => props.button}
      {...place}
      onOpenChange={(isOpen) => isOpen || props.dismiss()}
    >
      <Popover.Portal mount={mainPart()}>
        <Popover.Content
          ref={content}
          id={props.id}
          class={styles.panel}
          aria-label={props.label}
          onOpenAutoFocus={(event) => {
            const first = content.querySelector<HTMLElement>(firstFocus);
            if (first === null) return;
            event.preventDefault();
            first.focus();
          }}
          onPointerDownOutside={exceptOn(props.button)}
          onFocusOutside={exceptOn(props.button)}
        >
          {props.children}
        </Popover.Content>
      </Popover.Portal>
    </Popover>
  );
}
