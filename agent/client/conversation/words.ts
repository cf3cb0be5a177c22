/** How outcomes and stops read on the page. */
import type { Receipt, Stop, StopBy, StopPoint, ToolCallPart } from "../../shared/protocol";
import { plural } from "../state/format";

export const stoppedWords: Record<StopBy, string> = {
  user: "Stopped by user",
  disconnect: "Stopped: connection lost",
  timeout: "Stopped: time limit reached",
  budget: "Stopped: budget reached",
  shutdown: "Stopped: server stopped",
  crash: "Stopped: server crashed",
  pause: "Paused",
};

export function stateWords(part: ToolCallPart): string {
  switch (part.state) {
    case "writing":
      return "being written";
    case "pending":
      return "ready";
    case "waiting":
      return "waits for you";
    case "running":
      return "";
    case "done":
      return "";
    case "failed":
      return part.approval?.reply?.decision === "deny" ? "denied" : "failed";
    case "stopped":
      return part.startedAt === undefined ? "not run" : stoppedWords[part.stop?.by ?? "user"];
  }
}

/** A stop in one line: what it ended, and how fast. */
export function receiptLine(receipt: Receipt): string {
  const { modelCallsClosed, processes, subagents, usage, stop } = receipt;
  const stopped = subagents.filter((subagent) => subagent.outcome === "stopped").length;
  const count = usage.inputTokens + usage.outputTokens;
  return [
    `${stop.by === "user" ? "Stopped" : stoppedWords[stop.by]} in ${receipt.settledMs} ms`,
    modelCallsClosed > 0 &&
      (modelCallsClosed === 1 ? "model call closed" : `${modelCallsClosed} model calls closed`),
    processes.length > 0 && `${plural(processes.length, "process", "processes")} ended`,
    stopped > 0 && `${plural(stopped, "subagent")} stopped`,
    count > 0 && `${usage.estimated ? "about " : ""}${count.toLocaleString("en")} tokens`,
  ]
    .filter((piece) => piece !== false)
    .join(" · ");
}

const fromWords: Record<Stop["from"], string> = {
  web: "this page or another tab",
  terminal: "the terminal",
  api: "the API",
  server: "the server",
};

const pointWords: Record<StopPoint, string> = {
  start: "starting",
  model: "waiting for the model",
  reasoning: "thinking",
  text: "writing",
  "tool-input": "writing a tool call",
  approval: "waiting for an approval",
  tool: "running a tool",
  subagent: "waiting for subagents",
  retry: "waiting to try again",
  pause: "paused",
};

export function originWords(stop: Receipt["stop"]): string {
  return `Asked from ${fromWords[stop.from]}, while it was ${pointWords[stop.point]}.`;
}
