/** A permission request: allow once, always in this session, or deny, with an optional reason for the model. */
import { createSignal, For, Show } from "solid-js";
import type { Approval, ApprovalReply } from "../../shared/protocol";
import { describeRule } from "../../shared/rules";
import { Button } from "../components/Button";
import { useOpen } from "../state/client";
import card from "./card.module.css";
import styles from "./ApprovalBox.module.css";

const questions: Record<Approval["kind"], string> = {
  command: "Rein wants to run this command",
  edit: "Rein wants to change this file",
  read: "Rein wants to read this",
};

export interface ApprovalBoxProps {
  approval: Approval;
  /** The subject is already shown in full above. */
  isSubjectShown: boolean;
}

export function ApprovalBox(props: ApprovalBoxProps) {
  const open = useOpen();
  const [reason, setReason] = createSignal("");
  const [isAnswering, setAnswering] = createSignal(false);

  async function answer(reply: ApprovalReply): Promise<void> {
    setAnswering(true);
    const taken = await open.reply(props.approval.id, reply);
    if (!taken) setAnswering(false);
  }

  return (
    <form
      class={styles.approval}
      data-testid="approval"
      aria-label={`${questions[props.approval.kind]}: ${props.approval.subject}`}
      onSubmit={(event) => {
        event.preventDefault();
        const message = reason().trim();
        void answer({ decision: "deny", ...(message === "" ? {} : { message }) });
      }}
    >
      <strong>{questions[props.approval.kind]}</strong>
      <Show when={!props.isSubjectShown}>
        <pre class={card.text} tabindex="0">
          {props.approval.subject}
        </pre>
      </Show>
      <fieldset disabled={isAnswering()}>
        <Button
          look="primary"
          onClick={() => void answer({ decision: "once", digest: props.approval.digest })}
        >
          Allow once
        </Button>
        <For each={props.approval.always}>
          {(rule, index) => (
            <Button
              onClick={() =>
                void answer({
                  decision: "session",
                  digest: props.approval.digest,
                  rule: index(),
                })
              }
            >
              Always: {describeRule(rule)}
            </Button>
          )}
        </For>
        <span class={styles.deny}>
          <input
            aria-label="Reason for denying"
            placeholder="Reason (optional)"
            maxlength="10000"
            value={reason()}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
          <Button type="submit">Deny</Button>
        </span>
      </fieldset>
    </form>
  );
}
