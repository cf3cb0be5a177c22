/** A window over the conversation that leaves the input area, and so the Stop, in sight. */
import { type JSX, onCleanup, onMount } from "solid-js";
import { bindLayer } from "../keys";
import textStyles from "../styles/text-styles.module.css";
import { Button } from "./Button";
import { Icon } from "./Icon";
import styles from "./Sheet.module.css";
import { VisibleText } from "./VisibleText";
import { visibleString } from "../../shared/visible-text";

export interface SheetProps {
  title: string;
  close: () => void;
  /** Beside the title. */
  actions?: JSX.Element;
  /** One element, which scrolls. */
  children: JSX.Element;
}

export function Sheet(props: SheetProps) {
  let dialog!: HTMLDialogElement;
  const before = document.activeElement;
  bindLayer(() => props.close());
  onMount(() => dialog.show());
  onCleanup(() => before instanceof HTMLElement && before.focus());

  return (
    <dialog
      ref={dialog}
      class={styles.sheet}
      aria-label={visibleString(props.title)}
      onClose={() => props.close()}
    >
      <header>
        <h2 class={textStyles.truncated}>
          <VisibleText text={props.title} />
        </h2>
        {props.actions}
        <Button look="quiet" iconOnly aria-label="Close" autofocus onClick={() => props.close()}>
          <Icon name="close" />
        </Button>
      </header>
      {props.children}
    </dialog>
  );
}
