/** Undoes the changes of a run, or redoes them after an undo. */
import { Show } from "solid-js";
import type { Run } from "../../shared/protocol";
import { Button } from "../components/Button";
import { Icon } from "../components/Icon";
import { useOpen } from "../state/client";
import { timeOfDay } from "../state/format";
import { Actions } from "./Actions";

export function UndoButton(props: { run: Run }) {
  const { undo } = useOpen();
  const isUndone = () => props.run.changes?.undoneAt !== undefined;
  return (
    <Show when={props.run.changes?.state === "known" && props.run.changes.count > 0}>
      <Actions testId="undo-line">
        <Show when={props.run.changes?.undoneAt}>
          {(at) => <span>Undone at {timeOfDay(at())}.</span>}
        </Show>
        <Button
          size="small"
          disabled={undo.isBusy()}
          onClick={() => void undo.start(isUndone() ? "redo" : "undo", props.run.id)}
        >
          <Icon name={isUndone() ? "redo" : "undo"} />
          {isUndone() ? "Redo changes" : "Undo changes"}
        </Button>
      </Actions>
    </Show>
  );
}
