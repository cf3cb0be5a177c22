/** A command for a person's own terminal, with a button that copies it. */
import { t } from "../../shared/translation";
import { CopyButton } from "./CopyButton";
import styles from "./CommandLine.module.css";

export function CommandLine(props: { command: string }) {
  return (
    <div class={styles.line}>
      <code>{props.command}</code>
      <CopyButton text={props.command} what={t("the command")} />
    </div>
  );
}
