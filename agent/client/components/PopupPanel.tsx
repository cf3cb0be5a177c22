/** An open dialog beside its button. It closes when the focus, or a press, goes elsewhere. */
import { Popover } from "@kobalte/core/popover";
import type { JSX } from "solid-js";
import type { PanelProps } from "./Menu";
import styles from "./Menu.module.css";
import { exceptOn, mainPart, placementAt } from "./placement";

export function PopupPanel(props: PanelProps & { children: JSX.Element }) {
  const place = placementAt(props.button);
  return (
    <Popover
      open
      anchorRef={() => props.button}
      {...place}
      onOpenChange={(isOpen) => isOpen || props.dismiss()}
    >
      <Popover.Portal mount={mainPart()}>
        <Popover.Content
          id={props.id}
          class={styles.panel}
          aria-label={props.label}
          onPointerDownOutside={exceptOn(props.button)}
          onFocusOutside={exceptOn(props.button)}
        >
          {props.children}
        </Popover.Content>
      </Popover.Portal>
    </Popover>
  );
}
