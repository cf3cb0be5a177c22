/** A permission request: all of what is asked, then allow once, always, or deny, with an optional reason for the model. */
import { createSignal, createUniqueId, For, onCleanup, Show, untrack } from "solid-js";
import type { Approval, ApprovalReply, ToolCallPart } from "../../shared/protocol";
import { leftApproval, tabInApproval } from "../components/approval-tab";
import { Button } from "../components/Button";
import { KeyHint } from "../components/KeyHint";
import { returnToMessageField } from "../components/message-field";
import { createStillness } from "../components/stillness";
import { VisibleText } from "../components/VisibleText";
import { isComposing } from "../keys";
import { useClient, useOpen } from "../state/client";
import text from "../styles/text-styles.module.css";
import styles from "./ApprovalBox.module.css";
import { AlwaysButtons } from "./AlwaysButtons";
import { answerKeys, answerOf, createAnswerPresses } from "../state/approval-keys";
import { askedOf } from "../state/asked-input";
import { AskedBlock, isFolded } from "./AskedBlock";
import { askerOf, questionOf, spokenQuestion } from "../state/waiting-approvals";

/** Drawn while the call waits. A new request is a new box: nothing of the one before counts for it. */
export function ApprovalBox(props: { part: ToolCallPart }) {
  const approval = () => (props.part.state === "waiting" ? props.part.approval : undefined);
  return (
    <Show when={approval()?.id} keyed>
      {(_id) => <Box part={props.part} approval={untrack(approval)!} />}
    </Show>
  );
}

function Box(props: { part: ToolCallPart; approval: Approval }) {
  const open = useOpen();
  const { engines } = useClient();
  const asker = () => askerOf(open.session, engines.engines());
  const asked = untrack(() => askedOf(props.approval, props.part, open.session.cwd));
  const [reason, setReason] = createSignal("");
  const [isAnswering, setAnswering] = createSignal(false);
  const [folded, setFolded] = createSignal(asked.blocks.filter(isFolded).length);
  const foldedId = createUniqueId();
  let box!: HTMLFormElement;
  let buttons!: HTMLFieldSetElement;
  const stillness = createStillness(() => buttons);
  const presses = createAnswerPresses();

  async function answer(reply: ApprovalReply): Promise<void> {
    if (!stillness.check() || isAnswering()) return;
    if (reply.decision !== "deny" && folded() > 0) return;
    giveFocusBack();
    setAnswering(true);
    const taken = await open.reply(props.approval.id, reply);
    if (!taken) setAnswering(false);
  }

  const allowOnce = () => answer({ decision: "once", digest: props.approval.digest });

  function allowAlways(): void {
    if (props.approval.always.length === 0) return;
    void answer({ decision: "session", digest: props.approval.digest, rule: 0 });
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

  const answers = { once: () => void allowOnce(), always: allowAlways, deny };
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
    const isTyping = event.target instanceof HTMLInputElement;
    const name = counts && !isTyping ? answerOf(event) : undefined;
    if (name === undefined) return tabInApproval(event, box);
    event.preventDefault();
    answers[name]();
  }

  const isOutside = (target: EventTarget | null) =>
    !(target instanceof Node && box.contains(target));
  const allowing = () => ({
    "aria-disabled": !stillness.isStill() || folded() > 0,
    ...(folded() > 0 && { "aria-describedby": foldedId }),
  });

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
      <For each={asked.blocks}>
        {(block, index) => (
          <AskedBlock
            block={block}
            isNamed={index() > 0}
            onOpen={() => setFolded((count) => count - 1)}
          />
        )}
      </For>
      <Show when={asked.facts.length > 0}>
        <ul class={styles.facts}>
          <For each={asked.facts}>
            {(fact) => (
              <li>
                <VisibleText text={fact} exact />
              </li>
            )}
          </For>
        </ul>
      </Show>
      <Show when={props.approval.asksBecause}>
        {(reason) => (
          <p>
            Asks each time: <VisibleText text={reason()} />
          </p>
        )}
      </Show>
      <Show when={folded() > 0}>
        <p id={foldedId} class={text.problem}>
          Show all of it before you allow it.
        </p>
      </Show>
      <fieldset ref={buttons} disabled={isAnswering()}>
        <Button
          look="primary"
          {...allowing()}
          aria-keyshortcuts={answerKeys.once}
          onClick={() => void allowOnce()}
        >
          Allow once <KeyHint name={answerKeys.once} />
        </Button>
        <AlwaysButtons
          rules={props.approval.always}
          digest={props.approval.digest}
          button={allowing()}
          allowNarrowest={allowAlways}
          answer={(reply) => void answer(reply)}
        />
        <span class={styles.deny}>
          <input
            aria-label="Reason for denying"
            placeholder="Reason (optional)"
            maxlength="10000"
            value={reason()}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
          <Button
            type="submit"
            aria-disabled={!stillness.isStill()}
            aria-keyshortcuts={answerKeys.deny}
          >
            Deny <KeyHint name={answerKeys.deny} />
          </Button>
        </span>
      </fieldset>
    </form>
  );
}
