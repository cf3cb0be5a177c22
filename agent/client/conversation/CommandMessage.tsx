/** A command that a person typed: as it was typed, with whose it is; opened, what of that was sent. */
import type { MessageCommand } from "../../shared/protocol";
import { VisibleText } from "../components/VisibleText";
import { typedCommand } from "../../shared/message-parts";
import { t } from "../../shared/translation";
import { originWords } from "../state/project-words";
import text from "../styles/text-styles.module.css";
import styles from "./CommandMessage.module.css";
import { Disclosure } from "./Disclosure";
import { FoldedText } from "./FoldedText";

export function CommandMessage(props: { command: MessageCommand; text: string }) {
  return (
    <div data-testid="command-message">
      <div class={styles.typed}>
        <VisibleText text={typedCommand(props.command)} />
      </div>
      <Disclosure
        summary={
          <span class={text.note}>
            {t("What was sent: a command {origin}", { origin: originWords[props.command.origin] })}
          </span>
        }
      >
        <FoldedText text={props.text} label={t("What was sent")} />
      </Disclosure>
    </div>
  );
}
