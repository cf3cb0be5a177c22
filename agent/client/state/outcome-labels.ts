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
import { visibleString } from "../../shared/visible-text";
import { dateLocale, duration } from "./format";
import { lazyWords, t, tn } from "../../shared/translation";

const causes = lazyWords<Exclude<StopBy, "user" | "pause">>({
  disconnect: () => t("connection lost"),
  timeout: () => t("time limit reached"),
  budget: () => t("budget reached"),
  shutdown: () => t("server stopped"),
  crash: () => t("server crashed"),
});

export const stopLabels = lazyWords<StopBy>({
  user: () => t("Stopped by user"),
  disconnect: () => t("Stopped: connection lost"),
  timeout: () => t("Stopped: time limit reached"),
  budget: () => t("Stopped: budget reached"),
  shutdown: () => t("Stopped: server stopped"),
  crash: () => t("Stopped: server crashed"),
  pause: () => t("Paused"),
});

/** With the name of who did it, where people have names. */
export function stopWords({ by, user }: Pick<Stop, "by" | "user">): string {
  return by === "user" && user !== undefined
    ? t("Stopped by {name}", { name: visibleString(user) })
    : stopLabels[by];
}

/** On a card: that the user did it goes without saying, and the receipt says it. */
export function stoppedLabel(by: StopBy | undefined): string {
  return by === undefined || by === "user" ? t("Stopped") : stopLabels[by];
}

export function toolStateLabel(part: ToolCallPart): string {
  switch (stateOf(part)) {
    case "writing":
      return t("writing");
    case "pending":
      return t("ready");
    case "waiting":
      return t("waiting for you");
    case "running":
      return "";
    case "done":
      return "";
    case "failed":
      return t("failed");
    case "denied":
      return t("denied");
    case "stopped":
      return part.startedAt === undefined ? t("not run") : lowered(stoppedLabel(part.stop?.by));
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
  const words =
    by === "crash" ? t("Stopped") : t("Stopped in {time}", { time: duration(settledMs) });
  return [
    isShort ? words : withPoint(words, receipt),
    by !== "user" && by !== "pause" && causes[by],
    endedWords(receipt),
    told > 0 &&
      tn(told, "{count} service told, not confirmed", "{count} services told, not confirmed"),
    stopped > 0 && tn(stopped, "{count} subagent stopped", "{count} subagents stopped"),
  ]
    .filter((piece) => piece !== false && piece !== "")
    .join(" · ");
}

/** That it is proven is said by the details; a doubt is said at once. */
function endedWords(receipt: Receipt): string {
  const { proof, ...rest } = receipt;
  return processesWords(proof === "proven" ? rest : receipt);
}

/** `stopped`: "Stopped in 120 ms". */
function withPoint(stopped: string, { stop, toolCalls, subagents }: Receipt): string {
  if (stop === undefined) return stopped;
  if (stop.point !== "tool") return pointPhrases[stop.point](stopped);
  const ended = toolCalls.filter(
    ({ id, name, outcome, subagentId }) =>
      outcome === "stopped" &&
      subagentId === undefined &&
      name !== "subagent" &&
      subagents.every((one) => one.id !== id),
  );
  const isEarly =
    ended.length === 0 && toolCalls.some(({ outcome }) => outcome === "never-started");
  if (isEarly) return t("{stopped} before a tool ran", { stopped });
  // Of a call that is not told, too, one ran.
  const count = Math.max(1, ended.length);
  return ended.length > 0 && ended.every(isCommand)
    ? tn(count, "{stopped} while a command ran", "{stopped} while {count} commands ran", {
        stopped,
      })
    : tn(count, "{stopped} while a tool ran", "{stopped} while {count} tools ran", { stopped });
}

function isCommand({ name, kind }: ReceiptToolCall): boolean {
  return name === "bash" || kind === "execute";
}

const pointPhrases: Record<Exclude<StopPoint, "tool">, (stopped: string) => string> = {
  start: (stopped) => t("{stopped} before it began", { stopped }),
  model: (stopped) => t("{stopped} while waiting for the model", { stopped }),
  reasoning: (stopped) => t("{stopped} while the model was thinking", { stopped }),
  text: (stopped) => t("{stopped} while the model was writing", { stopped }),
  "tool-input": (stopped) => t("{stopped} while the model was writing a tool call", { stopped }),
  approval: (stopped) => t("{stopped} while waiting for your answer", { stopped }),
  subagent: (stopped) => t("{stopped} while subagents were working", { stopped }),
  summary: (stopped) => t("{stopped} while summing up", { stopped }),
  retry: (stopped) => t("{stopped} while waiting to try again", { stopped }),
  pause: (stopped) => t("{stopped} while paused", { stopped }),
};

/** How a call ended; what only was told of its stop may go on. */
export function callOutcomeWords({
  outcome,
  told,
}: Pick<ReceiptToolCall, "outcome" | "told">): string {
  const words = outcomeLabel(outcome);
  return told ? t("{outcome}, told, not confirmed", { outcome: words }) : words;
}

export function outcomeLabel(outcome: ReceiptToolCall["outcome"]): string {
  return outcomeLabels[outcome];
}

const outcomeLabels = lazyWords<ReceiptToolCall["outcome"]>({
  done: () => t("done"),
  failed: () => t("failed"),
  denied: () => t("denied"),
  stopped: () => t("stopped"),
  "never-started": () => t("never started"),
});

const fromLabels = lazyWords<Stop["from"]>({
  web: () => t("the browser"),
  terminal: () => t("the terminal"),
  editor: () => t("an editor"),
  api: () => t("the API"),
  server: () => t("the server"),
});

export const pointLabels = lazyWords<StopPoint>({
  start: () => t("starting"),
  model: () => t("waiting for the model"),
  reasoning: () => t("thinking"),
  text: () => t("writing"),
  "tool-input": () => t("writing a tool call"),
  approval: () => t("waiting for an approval"),
  tool: () => t("running a tool"),
  subagent: () => t("waiting for subagents"),
  summary: () => t("summing up"),
  retry: () => t("waiting to try again"),
  pause: () => t("paused"),
});

/** Without the full stop at its end. */
export function originLabel(stop: NonNullable<Receipt["stop"]>): string {
  const facts = {
    place: fromLabels[stop.from],
    time: new Date(stop.askedAt).toLocaleString(dateLocale()),
    point: pointLabels[stop.point],
  };
  const { user } = stop;
  return user === undefined
    ? t("Stopped from {place} at {time}, while {point}", facts)
    : t("Stopped by {user} from {place} at {time}, while {point}", {
        ...facts,
        user: visibleString(user),
      });
}
