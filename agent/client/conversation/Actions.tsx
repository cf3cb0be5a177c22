/** A row of small buttons below a message or a run. */
import type { JSX } from "solid-js";
import styles from "./Actions.module.css";

export function Actions(props: { testId?: string; children: JSX.Element }) {
  return (
    <p class={styles.actions} data-testid={props.testId}>
      {props.children}
    </p>
  );
}
