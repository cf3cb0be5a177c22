/** The receipt of a stop: one calm line that opens; what could not be killed stands in plain sight. */
import { createSignal, For, type JSX, Show } from "solid-js";
import type { Changes, Receipt, Run, Survivor } from "../../shared/protocol";
import { api, requestTimeout, wordsFor } from "../state/api-client";
import { useClient, useOpen } from "../state/client";
import { duration, plural } from "../state/format";
import { ChangedFiles, UndoButton, Unseen } from "./ChangesView";
import { originWords, outcomeWords, receiptLine, usageWords } from "./outcome-labels";

export function ReceiptView(props: { run: Run; receipt: Receipt }) {
  const [isOpen, setOpen] = createSignal(false);
  return (
    <div class="receipt" data-testid="receipt">
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{receiptLine(props.receipt, props.run.changes)}</summary>
        <Show when={isOpen()}>
          <Details run={props.run} receipt={props.receipt} />
        </Show>
      </details>
      <UndoButton run={props.run} />
      <Show when={props.receipt.survivors.length > 0}>
        <Survivors runId={props.run.id} survivors={props.receipt.survivors} />
      </Show>
    </div>
  );
}

function Details(props: { run: Run; receipt: Receipt }) {
  return (
    <div class="receipt-body">
      <Show when={props.receipt.stop}>{(stop) => <p>{originWords(stop())}</p>}</Show>
      <ModelCalls receipt={props.receipt} />
      <List name="Tool calls" each={props.receipt.toolCalls}>
        {(call) => (
          <>
            {call.name} <code>{call.subject}</code>{" "}
            <span class="muted">{outcomeWords(call.outcome)}</span>
            <Show when={call.outcome === "stopped" && call.output !== ""}>
              <pre class="receipt-output" tabindex="0">
                {call.output}
              </pre>
            </Show>
          </>
        )}
      </List>
      <List name="Subagents" each={props.receipt.subagents}>
        {(subagent) => (
          <>
            {subagent.title}{" "}
            <span class="muted">
              {outcomeWords(subagent.outcome)}, {plural(subagent.toolCalls, "tool call")},{" "}
              {usageWords(subagent.usage)}
            </span>
          </>
        )}
      </List>
      <List name="Processes seen dead" each={props.receipt.processes}>
        {(process) => (
          <>
            <code>
              {process.pid} {process.command}
            </code>
            <Show when={process.endedMs !== undefined}>
              {" "}
              <span class="muted">after {duration(process.endedMs ?? 0)}</span>
            </Show>
          </>
        )}
      </List>
      <ChangedFiles run={props.run} />
      <Show when={props.run.changes}>
        {(changes: () => Changes) => <Unseen changes={changes()} />}
      </Show>
    </div>
  );
}

function ModelCalls(props: { receipt: Receipt }) {
  const closed = () =>
    props.receipt.modelClosedMs === undefined
      ? ""
      : `, the open ${props.receipt.modelCallsClosed === 1 ? "one" : `${props.receipt.modelCallsClosed}`} closed after ${duration(props.receipt.modelClosedMs)}`;
  return (
    <p>
      {plural(props.receipt.modelCalls, "model call")}
      {closed()}. {usageWords(props.receipt.usage)}.
    </p>
  );
}

function Survivors(props: { runId: string; survivors: Survivor[] }) {
  const client = useClient();
  const open = useOpen();
  const [isTrying, setTrying] = createSignal(false);

  async function tryAgain(): Promise<void> {
    setTrying(true);
    try {
      await api.endSurvivors(open.id() ?? "", props.runId, requestTimeout());
    } catch (error) {
      client.notices.toast("They could not be ended", wordsFor(error));
    } finally {
      setTrying(false);
    }
  }

  return (
    <div class="survivors" role="alert" data-testid="survivors">
      <strong>{plural(props.survivors.length, "process", "processes")} could not be ended</strong>
      <ul>
        <For each={props.survivors}>
          {(survivor) => (
            <li>
              <code>
                {survivor.pid} {survivor.command}
              </code>{" "}
              {survivor.reason}
            </li>
          )}
        </For>
      </ul>
      <button type="button" disabled={isTrying()} onClick={() => void tryAgain()}>
        Try again
      </button>
    </div>
  );
}

function List<Item>(props: { name: string; each: Item[]; children: (item: Item) => JSX.Element }) {
  return (
    <Show when={props.each.length > 0}>
      <h2>{props.name}</h2>
      <ul>
        <For each={props.each}>{(item) => <li>{props.children(item)}</li>}</For>
      </ul>
    </Show>
  );
}
