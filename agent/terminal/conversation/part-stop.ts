/** The action of a card that stops its call or its subagent alone: first with time to clean up, then without. */
import type { useOpen } from "../../client/state/client";
import type { StopTarget } from "../../client/state/stopping";
import type { CardAction } from "./Card";

export function partStopOf(
  open: ReturnType<typeof useOpen>,
  id: string,
  target: StopTarget,
): CardAction {
  const key = "x";
  if (!open.isStopping(id)) return { key, label: "stop", run: () => open.stopPart(target) };
  return {
    key,
    label: "stop now, without time to clean up",
    run: () => open.stopPart({ ...target, hard: true }),
  };
}
