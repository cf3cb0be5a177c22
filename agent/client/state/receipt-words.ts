/** What the details of a receipt say, piece by piece. */
import { plural } from "../../shared/plural";
import { proofLabels } from "../../shared/proof-words";
import type { EndedProcess, Receipt, ReceiptSubagent, Usage } from "../../shared/protocol";
import { usageWords } from "../../shared/usage-words";
import { duration } from "./format";

/** The calls of the model and what they used; empty when an engine has made them unseen. */
export function modelCallsWords(receipt: Receipt): string {
  const isSeen = receipt.engine?.connection !== "engine";
  const calls = `${plural(receipt.modelCalls, "model call")}${closedWords(receipt)}.`;
  const used = usedWords(receipt.usage, isSeen).map((words) => `${words}.`);
  return [...(isSeen ? [calls] : []), ...used].join(" ");
}

function closedWords({ modelCallsClosed, modelClosedMs }: Receipt): string {
  if (modelClosedMs === undefined) return "";
  return `, ${plural(modelCallsClosed, "open call")} closed after ${duration(modelClosedMs)}`;
}

/** Its calls and what it used. */
export function subagentWork({ toolCalls, usage }: ReceiptSubagent, receipt: Receipt): string {
  const used = usedWords(usage, receipt.engine === undefined);
  return [plural(toolCalls, "tool call"), ...used].join(", ");
}

/** Nothing of what is not known: an engine need not tell what its subagents use, or what it uses by its own log-in. */
function usedWords(usage: Usage, isKnown: boolean): string[] {
  return isKnown || usage.inputTokens + usage.outputTokens > 0 ? [usageWords(usage)] : [];
}

export function processesTitle({ proof }: Receipt): string {
  return `Processes ${proof ? proofLabels[proof] : "ended"}`;
}

/** The time at which all of them ended, to follow their title; empty when there are several. */
export function endedTogether(processes: EndedProcess[]): string {
  const times = [...new Set(processes.map(endedAfter))];
  return times.length === 1 ? times[0]! : "";
}

export function endedAfter({ endedMs }: EndedProcess): string {
  return endedMs === undefined ? "" : ` after ${duration(endedMs)}`;
}
