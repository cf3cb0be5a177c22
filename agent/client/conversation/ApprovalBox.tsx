/** A permission request: allow once, always in this session, or deny, with an optional reason for the model. */
import { createSignal, Show } from "solid-js";
import type { Approval, ApprovalReply } from "../../shared/protocol";
import { useOpen } from "../state/client";

const questions: Record<Approval["kind"], string> = {
  command: "Rein wants to run this command",
  edit: "Rein wants to change this file",
  outside: "Rein wants to leave the working directory",
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
      class="approval"
      data-testid="approval"
      aria-label={`${questions[props.approval.kind]}: ${props.approval.subject}`}
      onSubmit={(event) => {
        event.preventDefault();
        const message = reason().trim();
        void answer({ decision: "deny", ...(message === "" ? {} : { message }) });
      }}
    >
      <p class="approval-question">{questions[props.approval.kind]}</p>
      <Show when={!props.isSubjectShown}>
        <code class="approval-subject">{props.approval.subject}</code>
      </Show>
      <fieldset disabled={isAnswering()}>
        <button type="button" class="primary" onClick={() => void answer({ decision: "once" })}>
          Allow once
        </button>
        <button type="button" onClick={() => void answer({ decision: "session" })}>
          Always: {props.approval.always}
        </button>
        <span class="deny">
          <input
            aria-label="Reason for denying"
            placeholder="Reason (optional)"
            maxlength="10000"
            value={reason()}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
          <button type="submit">Deny</button>
        </span>
      </fieldset>
    </form>
  );
}
