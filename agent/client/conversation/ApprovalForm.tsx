/** The form of every permission request: its keys, its buttons once they have been in their place for a moment, and Deny with a reason for the model. */
import { createSignal, createUniqueId, type JSX, onCleanup, Show } from "solid-js";
import type { Approval, ApprovalReply } from "../../shared/protocol";
import { leftApproval, tabInApproval } from "../components/approval-tab";
import { Button } from "../components/Button";
import { KeyHint } from "../components/KeyHint";
import { returnToMessageField } from "../components/message-field";
import { createStillness } from "../components/stillness";
import { isComposing } from "../keys";
import { useClient, useOpen } from "../state/client";
import text from "../styles/text-styles.module.css";
import styles from "./ApprovalBox.module.css";
import { answerKeys, answerOf, createAnswerPresses } from "../state/approval-keys";
import { askerOf, questionOf, spokenQuestion } from "../state/waiting-approvals";

export interface ApprovalFormProps {
  approval: Approval;
  /** What the keys answer; undefined where that cannot be answered. */
  once: () => ApprovalReply;
  always: () => ApprovalReply | undefined;
  /** Why it cannot be allowed now. */
  heldWords?: string | undefined;
  /** Its button, and the field for what the model is told. */
  deny: { name: string; label: string; placeholder: string };
  /** What is asked, above the buttons. */
  children: JSX.Element;
  /** The buttons that allow. */
  allowing: (way: Allowing) => JSX.Element;
}

export interface Allowing {
  /** What each of them has. */
  button: { "aria-disabled": boolean; "aria-describedby"?: string };
  answer: (reply: ApprovalReply) => void;
}

export function ApprovalForm(props: ApprovalFormProps) {
  const open = useOpen();
  const { engines } = useClient();
  const asker = () => askerOf(open.session, engines.engines());
  const [reason, setReason] = createSignal("");
  const [isAnswering, setAnswering] = createSignal(false);
  const heldId = createUniqueId();
  const isHeld = () => props.heldWords !== undefined;
  let box!: HTMLFormElement;
  let buttons!: HTMLFieldSetElement;
  const stillness = createStillness(() => buttons);
  const presses = createAnswerPresses();

  async function answer(reply: ApprovalReply): Promise<void> {
    if (!stillness.check() || isAnswering()) return;
    if (reply.decision !== "deny" && isHeld()) return;
    giveFocusBack();
    setAnswering(true);
    const taken = await open.reply(props.approval.id, reply);
    if (!taken) setAnswering(false);
  }

  function deny(): void {
    const message = reason().trim();
    void answer({ decision: "deny", ...(message === "" ? {} : { message }) });
  }

  /** Before the buttons are disabled or gone: what is typed next is part of the message. */
  function giveFocusBack(): void {
    const { activeElement } = document;
    if (activeElement === document.body || box.contains(activeElement)) returnToMessageField();
  }
  onCleanup(() => box.contains(document.activeElement) && returnToMessageField());

  const answers = {
    once: () => void answer(props.once()),
    always() {
      const reply = props.always();
      if (reply !== undefined) void answer(reply);
    },
    deny,
  };
  let isRefused = false;

  /** Denying does no harm, so only what is held down is no press of that button. */
  function isNoPress({ key, target, repeat }: KeyboardEvent, counts: boolean): boolean {
    if (target instanceof HTMLInputElement) return key === "Enter" && repeat;
    if (!(target instanceof HTMLButtonElement) || !buttons.contains(target)) return false;
    return (key === "Enter" || key === " ") && (target.type === "submit" ? repeat : !counts);
  }

  function onKeyDown(event: KeyboardEvent): void {
    const counts = presses.take({ repeat: event.repeat, isComposing: isComposing(event) });
    isRefused = isNoPress(event, counts);
    if (isRefused) return event.preventDefault();
    const name = counts && !isTyping(event.target) ? answerOf(event) : undefined;
    if (name === undefined) return tabInApproval(event, box);
    event.preventDefault();
    answers[name]();
  }

  const isOutside = (target: EventTarget | null) =>
    !(target instanceof Node && box.contains(target));

  return (
    <form
      ref={box}
      class={styles.approval}
      data-testid="approval"
      data-approval
      data-ready={stillness.isStill() ? "" : undefined}
      data-listening={presses.isListening() && stillness.isStill() ? "" : undefined}
      aria-label={spokenQuestion(props.approval, asker())}
      onSubmit={(event) => {
        event.preventDefault();
        deny();
      }}
      // Not of the menu, whose events Solid's own delegation would bring here.
      on:keydown={onKeyDown}
      // Firefox presses a button when Space is released, whatever became of its keydown.
      on:keyup={(event) => event.key === " " && isRefused && event.preventDefault()}
      on:focusin={({ relatedTarget }) => isOutside(relatedTarget) && presses.enter()}
      on:focusout={({ relatedTarget }) => {
        if (!isOutside(relatedTarget)) return;
        presses.leave();
        leftApproval(relatedTarget);
      }}
    >
      <strong>{questionOf(props.approval, asker())}</strong>
      {props.children}
      <Show when={props.heldWords}>
        {(words) => (
          <p id={heldId} class={text.problem}>
            {words()}
          </p>
        )}
      </Show>
      <fieldset ref={buttons} disabled={isAnswering()}>
        {props.allowing({
          get button() {
            return {
              "aria-disabled": !stillness.isStill() || isHeld(),
              ...(isHeld() && { "aria-describedby": heldId }),
            };
          },
          answer: (reply) => void answer(reply),
        })}
        <span class={styles.deny}>
          <input
            aria-label={props.deny.label}
            placeholder={props.deny.placeholder}
            maxlength="10000"
            value={reason()}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
          <Button
            type="submit"
            aria-disabled={!stillness.isStill()}
            aria-keyshortcuts={answerKeys.deny}
          >
            {props.deny.name} <KeyHint name={answerKeys.deny} />
          </Button>
        </span>
      </fieldset>
    </form>
  );
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
}
