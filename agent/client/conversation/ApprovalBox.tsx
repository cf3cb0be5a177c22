/** A question that the run waits for: allow once, always in this session, or deny with a word to the model. */
import { createSignal, Show } from "solid-js";
import type { Approval, ApprovalReply } from "../../shared/protocol";
import { useOpen } from "../state/client";

const questions: Record<Approval["kind"], string> = {
  command: "Rein asks to run this command",
  edit: "Rein asks to change this file",
  outside: "Rein asks to leave the working directory",
};

export interface ApprovalBoxProps {
  approval: Approval;
  /** What is asked for stands above in full, line by line. */
  isSubjectShown: boolean;
}

export function ApprovalBox(props: ApprovalBoxProps) {
  const open = useOpen();
  const [word, setWord] = createSignal("");
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
        const message = word().trim();
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
            aria-label="A word to the model, with Deny"
            placeholder="Tell it why (optional)"
            maxlength="10000"
            value={word()}
            onInput={(event) => setWord(event.currentTarget.value)}
          />
          <button type="submit">Deny</button>
        </span>
      </fieldset>
    </form>
  );
}
