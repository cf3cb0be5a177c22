/** A permission request: for a call, or for a plan. */
import { Show, untrack } from "solid-js";
import type { ToolCallPart } from "../../shared/protocol";
import { deferred } from "../components/deferred";

const CallQuestion = deferred(async () => (await import("./CallQuestion")).CallQuestion);
const PlanQuestion = deferred(async () => (await import("./PlanQuestion")).PlanQuestion);

/** Drawn while the call waits. A new request is a new box: nothing of the one before counts for it. */
export function ApprovalBox(props: { part: ToolCallPart }) {
  const approval = () => (props.part.state === "waiting" ? props.part.approval : undefined);
  return (
    <Show when={approval()?.id} keyed>
      {(_id) => (
        <Show
          when={untrack(approval)!.kind === "plan"}
          fallback={<CallQuestion part={props.part} approval={untrack(approval)!} />}
        >
          <PlanQuestion part={props.part} approval={untrack(approval)!} />
        </Show>
      )}
    </Show>
  );
}
