/** A permission request for a call: all of what is asked, then allow once, always, or deny, with an optional reason for the model. */
import { createSignal, For, Show, untrack } from "solid-js";
import type { Approval, ToolCallPart } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { Button } from "../components/Button";
import { KeyHint } from "../components/KeyHint";
import { VisibleText } from "../components/VisibleText";
import { tr } from "../components/tr";
import { useOpen } from "../state/client";
import styles from "./ApprovalBox.module.css";
import { AlwaysButtons } from "./AlwaysButtons";
import { answerKeys } from "../state/approval-keys";
import { askedOf } from "../state/asked-input";
import { ApprovalForm } from "./ApprovalForm";
import { AskedBlock, isFolded } from "./AskedBlock";

export function CallQuestion(props: { part: ToolCallPart; approval: Approval }) {
  const open = useOpen();
  const asked = untrack(() => askedOf(props.approval, props.part, open.session.cwd));
  const [folded, setFolded] = createSignal(asked.blocks.filter(isFolded).length);
  const digest = () => props.approval.digest;
  const once = () => ({ decision: "once", digest: digest() }) as const;
  const narrowest = () => ({ decision: "session", digest: digest(), rule: 0 }) as const;
  return (
    <ApprovalForm
      approval={props.approval}
      once={once}
      always={() => (props.approval.always.length === 0 ? undefined : narrowest())}
      heldWords={folded() > 0 ? t("Show all of it before you allow it.") : undefined}
      deny={{
        name: t("Deny"),
        label: t("Reason for denying"),
        placeholder: t("Reason (optional)"),
      }}
      allowing={(way) => (
        <>
          <Button
            look="primary"
            {...way.button}
            aria-keyshortcuts={answerKeys.once}
            onClick={() => way.answer(once())}
          >
            {t("Allow once")} <KeyHint name={answerKeys.once} />
          </Button>
          <AlwaysButtons
            rules={props.approval.always}
            digest={digest()}
            button={way.button}
            allowNarrowest={() => way.answer(narrowest())}
            answer={way.answer}
          />
        </>
      )}
    >
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
          <p>{tr("Asks each time: {reason}", { reason: <VisibleText text={reason()} /> })}</p>
        )}
      </Show>
    </ApprovalForm>
  );
}
