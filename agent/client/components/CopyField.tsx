/** A text to be taken elsewhere, whole in a field, with a button that copies it. */
import { CopyButton } from "./CopyButton";
import styles from "./CopyField.module.css";

/** `what`: as in the button's name, "Copy the link". */
export function CopyField(props: { label: string; text: string; what: string }) {
  return (
    <div class={styles.field}>
      <input readonly aria-label={props.label} value={props.text} />
      <CopyButton text={props.text} what={props.what} />
    </div>
  );
}
