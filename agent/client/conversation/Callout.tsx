/** A box that needs attention: something failed, waits or is left over. It begins with an icon or a spinner. */
import type { JSX } from "solid-js";
import styles from "./Callout.module.css";

export interface CalloutProps {
  testId: string;
  /** `alert` is read aloud at once. */
  role?: "alert";
  children: JSX.Element;
}

export function Callout(props: CalloutProps) {
  return (
    <div class={styles.callout} role={props.role} data-testid={props.testId}>
      {props.children}
    </div>
  );
}
