/** All that the receipt of a stop holds, without the processes that could not be killed: they are shown without opening it. */
import { For, type JSX, Show } from "solid-js";
import { engineProcessesWords, engineSentences, enginesOf } from "../../shared/engine-words";
import type { Changes, EndedProcess, Receipt, ReceiptEngine, Run } from "../../shared/protocol";
import { proofLabels, proofSentence } from "../../shared/proof-words";
import { withoutEscapes } from "../../shared/escape-sequences";
import { visibleString } from "../../shared/visible-text";
import { t } from "../../shared/translation";
import { duration } from "../state/format";
import card from "./card.module.css";
import { ChangedFiles, NotRecorded } from "./ChangedFiles";
import { callOutcomeWords, originLabel, outcomeLabel } from "../state/outcome-labels";
import {
  endedAfter,
  endedTogether,
  modelCallsWords,
  processesTitle,
  subagentWork,
  unsharedWords,
} from "../state/receipt-words";
import styles from "./RunFooter.module.css";
import { hookEventTimes } from "../state/hook-words";
import { VisibleText } from "../components/VisibleText";
import { useOpen } from "../state/client";
import { shownName } from "../state/tool-input";

export function ReceiptDetails(props: { run: Run; receipt: Receipt }) {
  return (
    <>
      <Show when={props.receipt.stop}>{(stop) => <p>{originLabel(stop())}.</p>}</Show>
      <Show when={useOpen().isUnshared(props.run.id)}>
        <p data-testid="unshared">{unsharedWords()}</p>
      </Show>
      <Show when={modelCallsWords(props.receipt)}>{(words) => <p>{words()}</p>}</Show>
      <List name={t("Tool calls")} each={props.receipt.toolCalls}>
        {(call) => (
          <>
            <VisibleText text={shownName(call)} />{" "}
            <code>
              <VisibleText text={call.subject} />
            </code>{" "}
            {callOutcomeWords(call)}
            <Show when={call.proof !== "proven" && call.proof}>
              {(proof) => <>, {t("processes {proof}", { proof: proofLabels[proof()] })}</>}
            </Show>
            {/* That of another is on its card. */}
            <Show
              when={
                call.subagentId !== undefined && call.outcome === "stopped" && call.output !== ""
              }
            >
              <pre class={`${card.text} ${styles.output}`} tabindex="0">
                <VisibleText text={withoutEscapes(call.output)} />
              </pre>
            </Show>
          </>
        )}
      </List>
      <List name={t("Subagents")} each={props.receipt.subagents}>
        {(subagent) => (
          <>
            <VisibleText text={subagent.title} /> {outcomeLabel(subagent.outcome)},{" "}
            {subagentWork(subagent, props.receipt)}
          </>
        )}
      </List>
      <List name={t("Hooks")} each={props.receipt.hooks ?? []}>
        {(hook) => (
          <>
            <VisibleText text={hook.name} />, {hookEventTimes[hook.on]}:{" "}
            {outcomeLabel(hook.outcome)}
            <Show when={hook.proof !== "proven" && hook.proof}>
              {(proof) => <>, {t("processes {proof}", { proof: proofLabels[proof()] })}</>}
            </Show>
          </>
        )}
      </List>
      <Processes receipt={props.receipt} />
      <For each={enginesOf(props.receipt)}>{(one) => <OfEngine {...one} />}</For>
      <List name={t("Pinned, left running")} each={props.receipt.kept ?? []}>
        {(process) => (
          <code>
            {process.pid} <VisibleText text={process.command} />
          </code>
        )}
      </List>
      <ChangedFiles run={props.run} />
      <Show when={props.run.changes}>
        {(changes: () => Changes) => <NotRecorded changes={changes()} />}
      </Show>
    </>
  );
}

/** Those that the stop has ended, and how sure it is that none is left. */
function Processes(props: { receipt: Receipt }) {
  return (
    <>
      <EndedList name={processesTitle(props.receipt)} each={props.receipt.processes} />
      <Show when={props.receipt.processes.length === 0 && props.receipt.proof}>
        <h2>{t("Processes")}</h2>
      </Show>
      <Show when={proofSentence(props.receipt)}>{(words) => <p>{words()}</p>}</Show>
    </>
  );
}

/** Its own processes, which are not the user's, and its word. */
function OfEngine(props: { engine: ReceiptEngine; subagent?: string }) {
  const name = () => visibleString(engineProcessesWords(props.engine, props.subagent));
  return (
    <>
      <EndedList name={name()} each={props.engine.processes} />
      <For each={engineSentences(props.engine, duration)}>
        {(sentence) => (
          <p>
            <VisibleText text={sentence} />
          </p>
        )}
      </For>
    </>
  );
}

/** What a stop has ended together, it has ended at one time: that is said once. */
function EndedList(props: { name: string; each: EndedProcess[] }) {
  return (
    <List name={`${props.name}${endedTogether(props.each)}`} each={props.each}>
      {(process) => (
        <>
          <code>
            {process.pid} <VisibleText text={process.command} />
          </code>
          {endedTogether(props.each) === "" ? endedAfter(process) : ""}
        </>
      )}
    </List>
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
