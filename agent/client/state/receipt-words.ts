/** What the details of a receipt say, piece by piece. */
import { proofLabels } from "../../shared/proof-words";
import type { EndedProcess, Receipt, ReceiptSubagent, Usage } from "../../shared/protocol";
import { usageWords } from "../../shared/usage-words";
import { duration } from "./format";
import { t, tn } from "../../shared/translation";

/** The calls of the model and what they used; empty when an engine has made them unseen. */
export function modelCallsWords(receipt: Receipt): string {
  const isSeen = receipt.engine?.connection !== "engine";
  const calls = tn(receipt.modelCalls, "{count} model call", "{count} model calls");
  const pieces = [calls, ...closedWords(receipt)].join(", ");
  const used = usedWords(receipt.usage, isSeen).map((words) => `${words}.`);
  return [...(isSeen ? [`${pieces}.`] : []), ...used].join(" ");
}

function closedWords({ modelCallsClosed, modelClosedMs }: Receipt): string[] {
  if (modelClosedMs === undefined) return [];
  const time = duration(modelClosedMs);
  return [
    tn(
      modelCallsClosed,
      "{count} open call closed after {time}",
      "{count} open calls closed after {time}",
      { time },
    ),
  ];
}

/** Its calls and what it used. */
export function subagentWork({ toolCalls, usage }: ReceiptSubagent, receipt: Receipt): string {
  const used = usedWords(usage, receipt.engine === undefined);
  return [tn(toolCalls, "{count} tool call", "{count} tool calls"), ...used].join(", ");
}

/** Nothing of what is not known: an engine need not tell what its subagents use, or what it uses by its own log-in. */
function usedWords(usage: Usage, isKnown: boolean): string[] {
  return isKnown || usage.inputTokens + usage.outputTokens > 0 ? [usageWords(usage)] : [];
}

/** Of an end that the database of the cluster did not have when the stop was answered. */
export function unsharedWords(): string {
  return t(
    "It has ended, and only its machine has that so far: the database that all machines share does not have it yet, so the others see it later.",
  );
}

export function processesTitle({ proof }: Receipt): string {
  return proof ? t("Processes {proof}", { proof: proofLabels[proof] }) : t("Processes ended");
}

/** The time at which all of them ended, to follow their title; empty when there are several. */
export function endedTogether(processes: EndedProcess[]): string {
  const times = [...new Set(processes.map(endedAfter))];
  return times.length === 1 ? times[0]! : "";
}

export function endedAfter({ endedMs }: EndedProcess): string {
  return endedMs === undefined ? "" : ` ${t("after {time}", { time: duration(endedMs) })}`;
}
