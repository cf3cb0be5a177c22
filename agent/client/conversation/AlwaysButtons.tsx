/** The ways to allow more than one call: the narrowest as a button that names what it covers, the others in a menu. */
import { Show } from "solid-js";
import type { ApprovalReply, Rule } from "../../shared/protocol";
import { describeRule } from "../../shared/rules";
import { visibleString } from "../../shared/visible-text";
import { Button, type ButtonProps } from "../components/Button";
import { KeyHint } from "../components/KeyHint";
import { Menu } from "../components/Menu";
import { VisibleText } from "../components/VisibleText";
import styles from "./ApprovalBox.module.css";
import { answerKeys } from "./approval-keys";

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
  const allow = (decision: "session" | "project", rule: number) =>
    props.answer({ decision, digest: props.digest, rule });
  const entries = () => [
    ...props.rules.slice(1).map((rule, index) => ({
      name: coveredBy(rule),
      words: "In this session",
      run: () => allow("session", index + 1),
    })),
    ...props.rules.map((rule, index) => ({
      name: coveredBy(rule),
      words: "In every session of this directory",
      run: () => allow("project", index),
    })),
  ];
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
              Always: <VisibleText text={coveredBy(narrowest())} exact />
            </span>
            <KeyHint name={answerKeys.always} />
          </Button>
          <Menu
            label="More ways to allow it always"
            button={{ look: "plain", ...props.button }}
            trigger="More…"
            entries={entries()}
          />
        </>
      )}
    </Show>
  );
}

/** What an exact rule is about stands above, in full. */
function coveredBy(rule: Rule): string {
  if (rule.kind === "tool" && rule.match === "exact")
    return `exactly this with ${visibleString(rule.tool)}`;
  if (rule.kind !== "command" || rule.match === "prefix") return describeRule(rule);
  if (rule.anywhere) return "this exact command, wherever the shell is";
  return rule.directory === undefined
    ? "this exact command"
    : `this exact command in ${visibleString(rule.directory)}`;
}
