/** Turns while something is under way. Not read aloud: the text beside it says what. */
import styles from "./Spinner.module.css";

export function Spinner() {
  return <span class={styles.spinner} data-motion="essential" aria-hidden="true" />;
}
