/** After a stop: go on, or say it differently; with what was changed, or without. */
import { Show } from "solid-js";
import type { Run } from "../../shared/protocol";
import { useClient, useOpen } from "../state/client";
import { createUndo } from "./undo";

const goOn = "Go on from where you were stopped.";

export function TryAgain(props: { run: Run }) {
  const client = useClient();
  const open = useOpen();
  const undo = createUndo(open, client.notices, () => props.run);
  const isLast = () => open.session.runs.at(-1)?.id === props.run.id;
  const canUndo = () =>
    (props.run.changes?.count ?? 0) > 0 && props.run.changes?.undoneAt === undefined;

  function edit(): void {
    const said = open.session.messages.find(
      ({ runId, role }) => runId === props.run.id && role === "user",
    );
    const text = said?.parts.map((part) => (part.type === "text" ? part.text : "")).join("") ?? "";
    open.input.giveBack(text);
    document.querySelector<HTMLElement>("[data-testid=composer] textarea")?.focus();
  }

  async function undoAndEdit(): Promise<void> {
    if (await undo.start("undo")) edit();
  }

  return (
    <Show when={isLast() && (open.stage() === "idle" || open.stage() === "stopped")}>
      <p class="try-again" data-testid="try-again">
        <button type="button" class="small" onClick={() => open.send(goOn)}>
          Continue
        </button>
        <button type="button" class="small" onClick={edit}>
          Edit and send again
        </button>
        <Show when={canUndo()}>
          <button
            type="button"
            class="small"
            disabled={undo.isBusy()}
            onClick={() => void undoAndEdit()}
          >
            Undo, edit and send again
          </button>
        </Show>
      </p>
    </Show>
  );
}
