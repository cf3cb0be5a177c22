/** One line that opens into more. The content is created when it is opened. */
import { createSignal, type JSX, Show } from "solid-js";
import text from "../styles/text-styles.module.css";
import styles from "./Disclosure.module.css";
import { VisibleText } from "../components/VisibleText";

export interface DisclosureProps {
  summary: JSX.Element;
  /** Faint, cut to the end of the line, and shown only while closed. */
  preview?: string | undefined;
  /** Where the arrow stands. Default: start. */
  arrow?: "start" | "end";
  testId?: string;
  children: JSX.Element;
}

export function Disclosure(props: DisclosureProps) {
  const [isOpen, setOpen] = createSignal(false);
  return (
    <details
      class={styles.disclosure}
      data-testid={props.testId}
      data-arrow={props.arrow}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        {props.summary}
        <Show when={!isOpen() && props.preview}>
          <span class={`${styles.preview} ${text.truncated}`}>
            <VisibleText text={props.preview ?? ""} />
          </span>
        </Show>
      </summary>
      <Show when={isOpen()}>
        <div class={styles.content}>{props.children}</div>
      </Show>
    </details>
  );
}
