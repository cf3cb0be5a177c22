/** Labels for outcomes, stops and receipts. */
import type {
  Changes,
  Receipt,
  ReceiptToolCall,
  Stop,
  StopBy,
  StopPoint,
  ToolCallPart,
} from "../../shared/protocol";
import { processesWords } from "../../shared/proof-words";
import { plural } from "../../shared/plural";
import { duration } from "../state/format";

export const stopLabels: Record<StopBy, string> = {
  user: "Stopped by user",
  disconnect: "Stopped: connection lost",
  timeout: "Stopped: time limit reached",
  budget: "Stopped: budget reached",
  shutdown: "Stopped: server stopped",
  crash: "Stopped: server crashed",
  pause: "Paused",
};

export function toolStateLabel(part: ToolCallPart): string {
  switch (part.state) {
    case "writing":
      return "writing";
    case "pending":
      return "ready";
    case "waiting":
      return "waiting for you";
    case "running":
      return "";
    case "done":
      return "";
    case "failed":
      return part.approval?.reply?.decision === "deny" ? "denied" : "failed";
    case "stopped":
      return part.startedAt === undefined ? "not run" : stopLabels[part.stop?.by ?? "user"];
  }
}

/** A stop in one line: what it ended and how long it took. */
export function receiptLine(receipt: Receipt, changes: Changes | undefined): string {
  const { during, modelCallsClosed, subagents, usage, stop } = receipt;
  const stopped = subagents.filter((subagent) => subagent.outcome === "stopped").length;
  const count = usage.inputTokens + usage.outputTokens;
  const by = stop?.by ?? "user";
  // The duration of a crash is unknown.
  const took = by === "crash" ? "" : ` in ${duration(receipt.settledMs)}`;
  const point = during === undefined ? "" : ` while ${duringWords(stop)}${shortened(during)}`;
  return [
    `${by === "user" ? "Stopped" : stopLabels[by]}${took}${point}`,
    modelCallsClosed > 0 &&
      (modelCallsClosed === 1 ? "model call closed" : `${modelCallsClosed} model calls closed`),
    processesWords(receipt),
    stopped > 0 && `${plural(stopped, "subagent")} stopped`,
    changes !== undefined && changesWords(changes),
    count > 0 && `${usage.estimated ? "~" : ""}${count.toLocaleString("en")} tokens`,
  ]
    .filter((piece) => piece !== false && piece !== "")
    .join(" · ");
}

const maxDuring = 60;

function shortened(text: string): string {
  return text.length > maxDuring ? `${text.slice(0, maxDuring - 1).trimEnd()}…` : text;
}

function duringWords(stop: Receipt["stop"]): string {
  if (stop?.point === "summary") return "";
  return stop?.point === "approval" ? "asking about " : "running ";
}

/** For a run that ended by itself. */
export function changesLine(changes: Changes): string {
  return changesWords(changes) || "No files changed";
}

function changesWords({ state, count }: Changes): string {
  if (state === "pending") return "checking files…";
  if (state === "unknown") return "changes not recorded";
  return count === 0 ? "" : `${plural(count, "file")} changed`;
}

export function outcomeLabel(outcome: ReceiptToolCall["outcome"]): string {
  return outcome === "never-started" ? "never started" : outcome;
}

const fromLabels: Record<Stop["from"], string> = {
  web: "this page or another tab",
  terminal: "the terminal",
  api: "the API",
  server: "the server",
};

export const pointLabels: Record<StopPoint, string> = {
  start: "starting",
  model: "waiting for the model",
  reasoning: "thinking",
  text: "writing",
  "tool-input": "writing a tool call",
  approval: "waiting for an approval",
  tool: "running a tool",
  subagent: "waiting for subagents",
  summary: "summing up",
  retry: "waiting to try again",
  pause: "paused",
};

export function originLabel(stop: NonNullable<Receipt["stop"]>): string {
  const when = new Date(stop.askedAt).toLocaleString();
  return `Stopped from ${fromLabels[stop.from]} at ${when}, while ${pointLabels[stop.point]}.`;
}
