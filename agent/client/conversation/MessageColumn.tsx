/** A scrolling column that stays at its end while it grows, with a button that returns there. */
import { createEffect, type JSX, Show } from "solid-js";
import { t } from "../../shared/translation";
import { Icon } from "../components/Icon";
import styles from "./MessageColumn.module.css";
import { createStickToEnd } from "./stick-to-end";

export interface MessageColumnProps {
  /** False while the content is to be read from the top, or is edited further up. */
  sticks: boolean;
  /** A message is being sent: its writer wants to see it, wherever they were reading. */
  isSending?: boolean;
  testId: string;
  children: JSX.Element;
}

export function MessageColumn(props: MessageColumnProps) {
  const sticky = createStickToEnd(() => props.sticks);
  createEffect(() => props.isSending && sticky.toEnd());
  return (
    <div
      class={styles.scroller}
      ref={sticky.scroller}
      // What is read from the top holds little to press: the keyboard scrolls it here.
      tabindex={!props.sticks && sticky.overflows() ? 0 : -1}
      data-scroller
      data-testid={props.testId}
    >
      <div class={styles.column} ref={sticky.content}>
        {props.children}
      </div>
      <Show when={!sticky.isAtEnd()}>
        <button
          type="button"
          class={styles.toEnd}
          aria-label={t("Jump to latest")}
          onClick={sticky.toEnd}
        >
          <Icon name="down" />
        </button>
      </Show>
    </div>
  );
}
