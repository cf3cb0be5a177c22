/** Labels for outcomes, stops and receipts. */
import type {
  Receipt,
  ReceiptToolCall,
  Stop,
  StopBy,
  StopPoint,
  ToolCallPart,
} from "../../shared/protocol";
import { stateOf } from "../../shared/message-parts";
import { processesWords } from "../../shared/proof-words";
import { plural } from "../../shared/plural";
import { duration } from "./format";

const causes = {
  disconnect: "connection lost",
  timeout: "time limit reached",
  budget: "budget reached",
  shutdown: "server stopped",
  crash: "server crashed",
} as const;

export const stopLabels: Record<StopBy, string> = {
  user: "Stopped by user",
  disconnect: `Stopped: ${causes.disconnect}`,
  timeout: `Stopped: ${causes.timeout}`,
  budget: `Stopped: ${causes.budget}`,
  shutdown: `Stopped: ${causes.shutdown}`,
  crash: `Stopped: ${causes.crash}`,
  pause: "Paused",
};

/** On a card: that the user did it goes without saying, and the receipt says it. */
export function stoppedLabel(by: StopBy | undefined): string {
  return by === undefined || by === "user" ? "Stopped" : stopLabels[by];
}

export function toolStateLabel(part: ToolCallPart): string {
  switch (stateOf(part)) {
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
      return "failed";
    case "denied":
      return "denied";
    case "stopped":
      return part.startedAt === undefined ? "not run" : lowered(stoppedLabel(part.stop?.by));
  }
}

function lowered(words: string): string {
  return words[0]!.toLowerCase() + words.slice(1);
}

/** A stop in one line: how long it took, where it came unless `isShort`, and what it ended. */
export function receiptLine(receipt: Receipt, isShort = false): string {
  const { subagents, stop, settledMs } = receipt;
  const told = receipt.toolCalls.filter((call) => call.told).length;
  const stopped = subagents.filter((subagent) => subagent.outcome === "stopped").length;
  const by = stop?.by ?? "user";
  // The duration of a crash is unknown.
  const took = by === "crash" ? "" : ` in ${duration(settledMs)}`;
  return [
    `Stopped${took}${isShort ? "" : pointWords(receipt)}`,
    by !== "user" && by !== "pause" && causes[by],
    endedWords(receipt),
    told > 0 && `${plural(told, "service")} told, not confirmed`,
    stopped > 0 && `${plural(stopped, "subagent")} stopped`,
  ]
    .filter((piece) => piece !== false && piece !== "")
    .join(" · ");
}

/** That it is proven is said by the details; a doubt is said at once. */
function endedWords(receipt: Receipt): string {
  const { proof, ...rest } = receipt;
  return processesWords(proof === "proven" ? rest : receipt);
}

function pointWords({ stop, toolCalls, subagents }: Receipt): string {
  if (stop === undefined) return "";
  if (stop.point !== "tool") return ` ${pointPhrases[stop.point]}`;
  const ended = toolCalls.filter(
    ({ id, name, outcome, subagentId }) =>
      outcome === "stopped" &&
      subagentId === undefined &&
      name !== "subagent" &&
      subagents.every((one) => one.id !== id),
  );
  const isEarly =
    ended.length === 0 && toolCalls.some(({ outcome }) => outcome === "never-started");
  if (isEarly) return " before a tool ran";
  const kind = ended.length > 0 && ended.every(isCommand) ? "command" : "tool";
  return ` while ${ended.length > 1 ? plural(ended.length, kind) : `a ${kind}`} ran`;
}

function isCommand({ name, kind }: ReceiptToolCall): boolean {
  return name === "bash" || kind === "execute";
}

const pointPhrases: Record<Exclude<StopPoint, "tool">, string> = {
  start: "before it began",
  model: "while waiting for the model",
  reasoning: "while the model was thinking",
  text: "while the model was writing",
  "tool-input": "while the model was writing a tool call",
  approval: "while waiting for your answer",
  subagent: "while subagents were working",
  summary: "while summing up",
  retry: "while waiting to try again",
  pause: "while paused",
};

/** How a call ended; what only was told of its stop may go on. */
export function callOutcomeWords({
  outcome,
  told,
}: Pick<ReceiptToolCall, "outcome" | "told">): string {
  return told ? `${outcomeLabel(outcome)}, told, not confirmed` : outcomeLabel(outcome);
}

export function outcomeLabel(outcome: ReceiptToolCall["outcome"]): string {
  return outcome === "never-started" ? "never started" : outcome;
}

const fromLabels: Record<Stop["from"], string> = {
  web: "the browser",
  terminal: "the terminal",
  editor: "an editor",
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

/** Without the full stop at its end. */
export function originLabel(stop: NonNullable<Receipt["stop"]>): string {
  const when = new Date(stop.askedAt).toLocaleString();
  return `Stopped from ${fromLabels[stop.from]} at ${when}, while ${pointLabels[stop.point]}`;
}
