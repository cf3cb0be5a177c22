/** The ways to allow more than one call: the narrowest as a button that names what it covers, the others in a menu. */
import { Show } from "solid-js";
import type { ApprovalReply, Rule } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { Button, type ButtonProps } from "../components/Button";
import { KeyHint } from "../components/KeyHint";
import { Menu } from "../components/Menu";
import { VisibleText } from "../components/VisibleText";
import { tr } from "../components/tr";
import styles from "./ApprovalBox.module.css";
import { coveredBy, moreWays } from "../state/always-rules";
import { answerKeys } from "../state/approval-keys";

export interface AlwaysButtonsProps {
  /** Narrowest first. */
  rules: Rule[];
  digest: string;
  /** What the buttons have in common with “Allow once”. */
  button: ButtonProps;
  allowNarrowest(): void;
  answer(reply: ApprovalReply): void;
}

export function AlwaysButtons(props: AlwaysButtonsProps) {
  const entries = () =>
    moreWays(props.rules).map(({ name, words, decision, rule }) => ({
      name,
      words,
      run: () => props.answer({ decision, digest: props.digest, rule }),
    }));
  return (
    <Show when={props.rules[0]}>
      {(narrowest) => (
        <>
          <Button
            class={styles.always}
            {...props.button}
            aria-keyshortcuts={answerKeys.always}
            onClick={() => props.allowNarrowest()}
          >
            <span>
              {tr("Always: {calls}", {
                calls: <VisibleText text={coveredBy(narrowest())} exact />,
              })}
            </span>
            <KeyHint name={answerKeys.always} />
          </Button>
          <Menu
            label={t("More ways to allow it always")}
            button={{ look: "plain", ...props.button }}
            trigger={t("More…")}
            entries={entries()}
          />
        </>
      )}
    </Show>
  );
}
