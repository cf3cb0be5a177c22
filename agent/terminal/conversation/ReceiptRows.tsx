/** @jsxImportSource @opentui/solid */
/** All that the receipt of a stop holds. */
import { For, type JSX, Show } from "solid-js";
import { engineProcessesWords, engineSentences, enginesOf } from "../../shared/engine-words";
import { withoutEscapes } from "../../shared/escape-sequences";
import { proofLabels, proofSentence } from "../../shared/proof-words";
import type {
  EndedProcess,
  Receipt,
  ReceiptSubagent,
  ReceiptToolCall,
  Run,
} from "../../shared/protocol";
import { ellipsized } from "../../shared/truncate";
import { useOpen } from "../../client/state/client";
import { duration } from "../../client/state/format";
import { callOutcomeWords, originLabel, outcomeLabel } from "../../client/state/outcome-labels";
import {
  endedAfter,
  endedTogether,
  modelCallsWords,
  processesTitle,
  subagentWork,
  unsharedWords,
} from "../../client/state/receipt-words";
import { shownName } from "../../client/state/tool-input";
import { FilesRows, NotRecordedRows } from "./FilesRows";
import { useLines } from "./column-width";
import type { Piece } from "./pieces";
import { maxCommand } from "./SurvivorRows";
import { Words } from "./Words";

/** Of the output of a subagent's call that was stopped. */
const outputRows = 6;

export function ReceiptRows(props: { run: Run; receipt: Receipt }) {
  const { receipt } = props;
  return (
    <>
      <Show when={receipt.stop}>{(stop) => <Sentence text={`${originLabel(stop())}.`} />}</Show>
      <Sentence text={useOpen().isUnshared(props.run.id) ? unsharedWords() : ""} />
      <Sentence text={modelCallsWords(receipt)} />
      <List name="Tool calls" each={receipt.toolCalls}>
        {(call) => <CallRows call={call} />}
      </List>
      <List name="Subagents" each={receipt.subagents}>
        {(subagent) => <Sentence text={subagentWords(subagent, receipt)} />}
      </List>
      <EndedList name={processesTitle(receipt)} each={receipt.processes} />
      <Show when={receipt.processes.length === 0 && receipt.proof}>
        <Title text="Processes" />
      </Show>
      <Sentence text={proofSentence(receipt) ?? ""} />
      <For each={enginesOf(receipt)}>
        {({ engine, subagent }) => (
          <>
            <EndedList name={engineProcessesWords(engine, subagent)} each={engine.processes} />
            <For each={engineSentences(engine, duration)}>
              {(sentence) => <Sentence text={sentence} />}
            </For>
          </>
        )}
      </For>
      <List name="Pinned, left running" each={receipt.kept ?? []}>
        {(process) => <Words pieces={processPieces(process, "")} />}
      </List>
      <FilesRows run={props.run} />
      <Show when={props.run.changes}>{(changes) => <NotRecordedRows changes={changes()} />}</Show>
    </>
  );
}

function CallRows(props: { call: ReceiptToolCall }) {
  const { call } = props;
  const proof =
    call.proof !== undefined && call.proof !== "proven"
      ? `, processes ${proofLabels[call.proof]}`
      : "";
  // That of another is on its card.
  const hasOutput =
    call.subagentId !== undefined && call.outcome === "stopped" && call.output !== "";
  const output = withoutEscapes(call.output).split("\n").slice(-outputRows).join("\n");
  return (
    <>
      <Words
        pieces={[
          { text: `${shownName(call)} `, bold: true },
          { text: ellipsized(call.subject, maxCommand) },
          { text: ` ${callOutcomeWords(call)}${proof}`, color: "muted" },
        ]}
      />
      <Show when={hasOutput}>
        <Words pieces={[{ text: output, color: "muted" }]} wrap="cut" />
      </Show>
    </>
  );
}

function subagentWords(subagent: ReceiptSubagent, receipt: Receipt): string {
  return `${subagent.title} ${outcomeLabel(subagent.outcome)}, ${subagentWork(subagent, receipt)}`;
}

/** What a stop has ended together, it has ended at one time: that is said once. */
function EndedList(props: { name: string; each: EndedProcess[] }) {
  const together = () => endedTogether(props.each);
  return (
    <List name={`${props.name}${together()}`} each={props.each}>
      {(process) => (
        <Words pieces={processPieces(process, together() === "" ? endedAfter(process) : "")} />
      )}
    </List>
  );
}

function processPieces({ pid, command }: EndedProcess, after: string): Piece[] {
  return [
    { text: `${pid} `, color: "muted" },
    { text: ellipsized(command, maxCommand) },
    { text: after, color: "muted" },
  ];
}

function List<Item>(props: { name: string; each: Item[]; children: (item: Item) => JSX.Element }) {
  return (
    <Show when={props.each.length > 0}>
      <Title text={props.name} />
      <box flexDirection="column" flexShrink={0} paddingLeft={2}>
        <For each={props.each}>{(item) => props.children(item)}</For>
      </box>
    </Show>
  );
}

function Title(props: { text: string }) {
  return <Words pieces={[{ text: props.text, bold: true }]} />;
}

function Sentence(props: { text: string }) {
  const lines = useLines();
  return (
    <Show when={props.text !== ""}>
      <Words pieces={[{ text: lines(props.text), prose: true }]} />
    </Show>
  );
}
