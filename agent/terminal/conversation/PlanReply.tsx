/** @jsxImportSource @opentui/solid */
/** What a person answers to a plan that waits: the keys that approve it, with what may then be done, and the field in which it is edited. */
import { useTerminalDimensions } from "@opentui/solid";
import { createSignal } from "solid-js";
import { useClient } from "../../client/state/client";
import { planApproval, planChoices } from "../../client/state/plan-replies";
import type { Approval, ApprovalReply } from "../../shared/protocol";
import { type FieldHandle, MessageField } from "../composer/MessageField";
import { bindKey, bindLayer } from "../terminal-keys";
import type { CardAction } from "./Card";
import { Words } from "./Words";

/** "a" as with every request, the further permissions by number. `typed`: the plan as it would be approved. */
export function planActions(
  approval: Approval,
  typed: string,
  pressed: (reply: ApprovalReply) => void,
): CardAction[] {
  if (typed.trim() === "") return [];
  return planChoices.map(({ permissions, name }, index) => ({
    key: index === 0 ? "a" : String(index),
    label: name.toLowerCase(),
    run: () => pressed(planApproval(approval, permissions, typed)),
  }));
}

export interface PlanFieldProps {
  text: string;
  keep: (text: string) => void;
  close: () => void;
}

/** All keys are its own while it is there: Enter keeps what is typed, Escape leaves the plan as it was. */
export function PlanField(props: PlanFieldProps) {
  let field!: FieldHandle;
  const size = useTerminalDimensions();
  const [text, setText] = createSignal(props.text);
  useClient().route.cover(() => props.close());
  bindLayer(() => props.close());
  bindKey({ key: "Enter", when: () => true, run: () => props.keep(field.text()) });
  return (
    <box flexDirection="column" flexShrink={0} paddingLeft={2}>
      <MessageField
        ref={(handle) => (field = handle)}
        text={text()}
        set={setText}
        placeholder="An empty plan cannot be approved"
        maxHeight={Math.max(4, size().height - 14)}
        focused
      />
      <Words
        pieces={[
          { text: "Enter: keep it · Alt+Enter: a new line · Escape: as it was", color: "warning" },
        ]}
      />
    </box>
  );
}
