/** Buttons below the last run: continue, retry, edit the message and retry, undo the changes first. */
import { Show } from "solid-js";
import { lastAttempt } from "../../shared/attempts";
import type { Run } from "../../shared/protocol";
import { Button } from "../components/Button";
import { useOpen } from "../state/client";
import { Actions } from "./Actions";

const continueText = "Continue from where you were stopped.";

export function RetryButtons(props: { run: Run }) {
  const open = useOpen();
  const attempt = () => lastAttempt(open.session);
  const isIdle = () => open.stage() === "idle" || open.stage() === "stopped";
  const canUndo = () =>
    (props.run.changes?.count ?? 0) > 0 && props.run.changes?.undoneAt === undefined;

  /** Puts the message into the input as a `/retry` command, so that Enter retries. */
  function edit(): void {
    open.input.giveBack(`/retry ${attempt()?.text ?? ""}`);
    document.querySelector<HTMLElement>("[data-testid=composer] textarea")?.focus();
  }

  async function undoAndEdit(): Promise<void> {
    if (await open.undo.start("undo", props.run.id)) edit();
  }

  return (
    <Show when={isIdle() && attempt()?.runId === props.run.id}>
      <Actions testId="try-again">
        <Show when={props.run.outcome === "stopped"}>
          <Button size="small" onClick={() => open.send(continueText)}>
            Continue
          </Button>
        </Show>
        <Button
          size="small"
          title="Ask again with the selected model. The model does not see this attempt"
          onClick={() => open.retry("")}
        >
          Retry
        </Button>
        <Button size="small" onClick={edit}>
          Edit and retry
        </Button>
        <Show when={canUndo()}>
          <Button size="small" disabled={open.undo.isBusy()} onClick={() => void undoAndEdit()}>
            Undo, edit and retry
          </Button>
        </Show>
      </Actions>
    </Show>
  );
}
