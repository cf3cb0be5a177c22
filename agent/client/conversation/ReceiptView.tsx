/** The receipt of a stop: one calm line that opens; what could not be killed stands in plain sight. */
import { For, type JSX, Show } from "solid-js";
import type { Receipt } from "../../shared/protocol";
import { plural } from "../state/format";
import { originWords, receiptLine } from "./words";

export function ReceiptView(props: { receipt: Receipt }) {
  return (
    <div class="receipt" data-testid="receipt">
      <details>
        <summary>{receiptLine(props.receipt)}</summary>
        <Details receipt={props.receipt} />
      </details>
      <Show when={props.receipt.survivors.length > 0}>
        <div class="survivors" role="alert">
          <strong>
            {plural(props.receipt.survivors.length, "process", "processes")} could not be ended
          </strong>
          <ul>
            <For each={props.receipt.survivors}>
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
        </div>
      </Show>
    </div>
  );
}

function Details(props: { receipt: Receipt }) {
  return (
    <div class="receipt-body">
      <p>{originWords(props.receipt.stop)}</p>
      <List name="Tool calls" each={props.receipt.toolCalls}>
        {(call) => (
          <>
            {call.name}{" "}
            <span class="muted">
              {call.outcome === "never-started" ? "never started" : call.outcome}
            </span>
          </>
        )}
      </List>
      <List name="Subagents" each={props.receipt.subagents}>
        {(subagent) => (
          <>
            {subagent.title} <span class="muted">{subagent.outcome}</span>
          </>
        )}
      </List>
      <List name="Processes seen dead" each={props.receipt.processes}>
        {(process) => (
          <code>
            {process.pid} {process.command}
          </code>
        )}
      </List>
    </div>
  );
}

function List<Item>(props: { name: string; each: Item[]; children: (item: Item) => JSX.Element }) {
  return (
    <Show when={props.each.length > 0}>
      <h4>{props.name}</h4>
      <ul>
        <For each={props.each}>{(item) => <li>{props.children(item)}</li>}</For>
      </ul>
    </Show>
  );
}
