/** After the last run: have it tried again, as it was said or said differently, with what it changed or without. */
import { Show } from "solid-js";
import { lastAttempt } from "../../shared/attempts";
import type { Run } from "../../shared/protocol";
import { useOpen } from "../state/client";

const goOn = "Go on from where you were stopped.";

export function RetryButtons(props: { run: Run }) {
  const open = useOpen();
  const attempt = () => lastAttempt(open.session);
  const isIdle = () => open.stage() === "idle" || open.stage() === "stopped";
  const canUndo = () =>
    (props.run.changes?.count ?? 0) > 0 && props.run.changes?.undoneAt === undefined;

  /** As the command that does it: what Enter will do stands there. */
  function edit(): void {
    open.input.giveBack(`/retry ${attempt()?.text ?? ""}`);
    document.querySelector<HTMLElement>("[data-testid=composer] textarea")?.focus();
  }

  async function undoAndEdit(): Promise<void> {
    if (await open.undo.start("undo", props.run.id)) edit();
  }

  return (
    <Show when={isIdle() && attempt()?.runId === props.run.id}>
      <p class="try-again" data-testid="try-again">
        <Show when={props.run.outcome === "stopped"}>
          <button type="button" class="small" onClick={() => open.send(goOn)}>
            Continue
          </button>
        </Show>
        <button
          type="button"
          class="small"
          title="Ask again, with the model that is chosen now: the model is told nothing of this attempt"
          onClick={() => open.retry("")}
        >
          Retry
        </button>
        <button type="button" class="small" onClick={edit}>
          Edit and retry
        </button>
        <Show when={canUndo()}>
          <button
            type="button"
            class="small"
            disabled={open.undo.isBusy()}
            onClick={() => void undoAndEdit()}
          >
            Undo, edit and retry
          </button>
        </Show>
      </p>
    </Show>
  );
}
