/** A summary: one line that opens into its text, and a button that undoes it while it is in use. */
import { createSignal, type JSX, Show } from "solid-js";
import { textOf, withoutAttempts } from "../../shared/attempts";
import type { Message } from "../../shared/protocol";
import { standingSummary } from "../../shared/summary";
import { useClient, useOpen } from "../state/client";
import { undoSummary } from "../state/summary";
import { tailOf } from "./output-tail";

export function SummaryCard(props: { message: Message; children: JSX.Element }) {
  const client = useClient();
  const open = useOpen();
  const [isOpen, setOpen] = createSignal(false);
  const isIdle = () => open.stage() === "idle" || open.stage() === "stopped";
  const isBeingWritten = () => props.message.outcome === undefined;
  const isInUse = () =>
    standingSummary(withoutAttempts(open.session.messages))?.id === props.message.id;
  return (
    <>
      <details
        class="summary"
        data-testid="summary"
        onToggle={(event) => setOpen(event.currentTarget.open)}
      >
        <summary>
          <span classList={{ breathing: isBeingWritten() }}>{titleOf(props.message)}</span>
          <Show when={isBeingWritten() && !isOpen()}>
            <span class="summary-last">{tailOf(textOf(props.message), 1).text}</span>
          </Show>
        </summary>
        <Show when={isOpen()}>
          {props.children}
          <Show when={props.message.error}>{(error) => <p>{error().message}</p>}</Show>
        </Show>
      </details>
      <Show when={isInUse() && isIdle()}>
        <p class="try-again">
          <button
            type="button"
            class="small"
            title="The model sees the messages above again, in full"
            onClick={() => void undoSummary(client, open, props.message.id)}
          >
            Undo summary
          </button>
        </p>
      </Show>
    </>
  );
}

function titleOf({ outcome, summary }: Message): string {
  if (outcome === undefined) return "Summing up the conversation";
  if (outcome === "stopped") return "Summary stopped: the model still sees everything";
  if (outcome === "failed") return "Summary failed: the model still sees everything";
  return summary?.undoneAt === undefined
    ? "The model sees a summary of the messages above; you see them all"
    : "Summary undone: the model sees the messages above again";
}
