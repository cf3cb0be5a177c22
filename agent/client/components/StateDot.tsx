/** The state of a session or a subagent as a small dot. Not read aloud: a text beside it says the state. */
import textStyles from "../styles/text-styles.module.css";
import styles from "./StateDot.module.css";

export function StateDot(props: { state: string; title?: string }) {
  return (
    <span
      class={styles.dot}
      classList={{ [textStyles.breathing!]: props.state === "running" }}
      data-state={props.state}
      title={props.title}
      aria-hidden="true"
    />
  );
}
