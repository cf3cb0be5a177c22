/** A summary: one line, its text when it is opened, and the way back while the model is told it. */
import { createSignal, type JSX, Show } from "solid-js";
import { withoutAttempts } from "../../shared/attempts";
import { textOf } from "../../shared/message-parts";
import type { Message } from "../../shared/protocol";
import { standingSummary } from "../../shared/summary";
import { useClient, useOpen } from "../state/client";
import { undoSummary } from "../state/summary-requests";
import { tailOf } from "./tail";

export function SummaryCard(props: { message: Message; children: JSX.Element }) {
  const client = useClient();
  const open = useOpen();
  const [isOpen, setOpen] = createSignal(false);
  const isIdle = () => open.stage() === "idle" || open.stage() === "stopped";
  const isBeingWritten = () => props.message.outcome === undefined;
  const isStanding = () =>
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
      <Show when={isStanding() && isIdle()}>
        <p class="try-again">
          <button
            type="button"
            class="small"
            title="Takes the summary back: what it stands for is told to the model whole"
            onClick={() => void undoSummary(client, open, props.message.id)}
          >
            Tell the model everything again
          </button>
        </p>
      </Show>
    </>
  );
}

function titleOf({ outcome, summary }: Message): string {
  if (outcome === undefined) return "Summing up what came before";
  if (outcome === "stopped") return "Summing up was cut short; nothing has changed for the model";
  if (outcome === "failed") return "No summary came about; nothing has changed for the model";
  return summary?.undoneAt === undefined
    ? "What came before was summed up for the model; it all stays here for you"
    : "This summary was taken back: the model is told again what it stood for";
}
