/** A permission request: all of what is asked, then allow once, always, or deny, with an optional reason for the model. */
import { createSignal, createUniqueId, For, Show, untrack } from "solid-js";
import type { Approval, ApprovalReply, ToolCallPart } from "../../shared/protocol";
import { visibleString } from "../../shared/visible-text";
import { Button } from "../components/Button";
import { createStillness } from "../components/stillness";
import { VisibleText } from "../components/VisibleText";
import { useOpen } from "../state/client";
import text from "../styles/text-styles.module.css";
import styles from "./ApprovalBox.module.css";
import { AlwaysButtons } from "./AlwaysButtons";
import { askedOf } from "./asked-input";
import { AskedBlock, isFolded } from "./AskedBlock";

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
  const asked = untrack(() => askedOf(props.approval, props.part));
  const [reason, setReason] = createSignal("");
  const [isAnswering, setAnswering] = createSignal(false);
  const [folded, setFolded] = createSignal(asked.blocks.filter(isFolded).length);
  const foldedId = createUniqueId();
  let buttons!: HTMLFieldSetElement;
  const stillness = createStillness(() => buttons);

  async function answer(reply: ApprovalReply): Promise<void> {
    if (!stillness.check() || isAnswering()) return;
    if (reply.decision !== "deny" && folded() > 0) return;
    setAnswering(true);
    const taken = await open.reply(props.approval.id, reply);
    if (!taken) setAnswering(false);
  }

  const allowing = () => ({
    "aria-disabled": !stillness.isStill() || folded() > 0,
    ...(folded() > 0 && { "aria-describedby": foldedId }),
  });

  return (
    <form
      class={styles.approval}
      data-testid="approval"
      data-ready={stillness.isStill() ? "" : undefined}
      aria-label={`${questionOf(props.approval)}: ${visibleString(props.approval.subject)}`}
      onSubmit={(event) => {
        event.preventDefault();
        const message = reason().trim();
        void answer({ decision: "deny", ...(message === "" ? {} : { message }) });
      }}
    >
      <strong>{questionOf(props.approval)}</strong>
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
          onClick={() => void answer({ decision: "once", digest: props.approval.digest })}
        >
          Allow once
        </Button>
        <AlwaysButtons
          rules={props.approval.always}
          digest={props.approval.digest}
          button={allowing()}
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
          <Button type="submit" aria-disabled={!stillness.isStill()}>
            Deny
          </Button>
        </span>
      </fieldset>
    </form>
  );
}

function questionOf({ kind, outside }: Approval): string {
  return `Rein wants to ${verbs[kind]}${outside ? " outside the working directory" : ""}`;
}

const verbs: Record<Approval["kind"], string> = {
  command: "run this command",
  edit: "change this file",
  read: "read this",
};
