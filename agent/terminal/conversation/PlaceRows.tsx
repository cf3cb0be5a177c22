/** @jsxImportSource @opentui/solid */
/** Below a message in whose place something else was said, too: which of them is shown, and the arrows that show another. */
import { Show } from "solid-js";
import type { OpenSession } from "../../client/state/open-session";
import { Card, type CardAction } from "./Card";

export function PlaceRows(props: { open: OpenSession; runId: string }) {
  const { branch, stage } = props.open;
  const places = () => branch.places(props.runId);
  const index = () => places().indexOf(props.runId);
  const isIdle = () => stage() === "idle" || stage() === "stopped";
  const step = (key: string, label: string, by: 1 | -1): CardAction[] => {
    const runId = places()[index() + by];
    if (runId === undefined || !isIdle()) return [];
    return [{ key, label, run: () => void branch.show(runId) }];
  };
  return (
    <Show when={places().length > 1}>
      <Card
        id={`places:${places()[0]}`}
        head={[{ text: `‹ ${index() + 1} of ${places().length} ›`, color: "muted" }]}
        actions={[
          ...step("ArrowLeft", "the one before", -1),
          ...step("ArrowRight", "the next one", 1),
        ]}
      />
    </Show>
  );
}
