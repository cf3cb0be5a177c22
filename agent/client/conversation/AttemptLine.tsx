/** An attempt that was retried, folded into one line: it stays visible here, and the model does not see it. */
import { textOf } from "../../shared/message-parts";
import type { Message } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { Button } from "../components/Button";
import { Icon } from "../components/Icon";
import text from "../styles/text-styles.module.css";
import card from "./card.module.css";
import styles from "./AttemptLine.module.css";
import { VisibleText } from "../components/VisibleText";

export interface AttemptLineProps {
  /** The first message of the attempt. */
  message: Message;
  isOpen: boolean;
  toggle(): void;
}

export function AttemptLine(props: AttemptLineProps) {
  return (
    <Button
      look="quiet"
      class={styles.attempt}
      data-testid="attempt"
      aria-expanded={props.isOpen}
      title={t("The model does not see this attempt")}
      onClick={() => props.toggle()}
    >
      <span class={card.arrow}>
        <Icon name="chevron" />
      </span>
      <span>{t("Earlier attempt:")}</span>
      <span class={`${styles.text} ${text.truncated}`}>
        <VisibleText text={textOf(props.message)} />
      </span>
    </Button>
  );
}
