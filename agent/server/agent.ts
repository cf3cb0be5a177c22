/** The agent's loop: turns until no tool is asked for. */
import type { EventBody } from "../shared/protocol";
import { isNearlyFull, nothingToSumUp, summaryRequest } from "./compaction";
import { finishTurn, newTurn, runTurn } from "./turn";
import { agentName, type LoopEnd, type TurnEnd, type TurnRequest } from "./turn-request";

export interface LoopRequest extends TurnRequest {
  maxTurns: number;
  /** Before each turn: waits while the run is held, and puts what the user has said to it into the conversation. */
  beforeTurn(signal: AbortSignal): Promise<void>;
  /** Whether the user has said something that the model should answer before it is done. */
  hasNews(): boolean;
}

/**
 * Yields everything that happens, failures and stops included, and returns how it ended; it does not throw.
 * When `signal` aborts it closes what is open, marks what is unfinished, and ends by itself:
 * read it to the end, do not `return()` it.
 */
export async function* agentLoop(
  request: LoopRequest,
  signal: AbortSignal,
): AsyncGenerator<EventBody, LoopEnd> {
  let end = yield* takeUp(request, signal);
  let mayCompact = true;
  for (let turn = 0; end === "next turn" || (end.outcome === "done" && request.hasNews()); turn++) {
    if (turn === request.maxTurns) return tooManyTurns(request.maxTurns);
    await request.beforeTurn(signal);
    if (mayCompact && isNearlyFull(request)) {
      const { outcome } = yield* compact(request, signal);
      if (outcome === "stopped") return { outcome };
      mayCompact = outcome === "done";
    }
    end = yield* runTurn(request, signal);
    // Nobody may have known how much fits, until the service says that this was too much.
    if (mayCompact && isTooLong(end)) {
      mayCompact = false;
      const { outcome } = yield* compact(request, signal);
      if (outcome !== "failed") end = outcome === "done" ? "next turn" : { outcome };
    }
  }
  return end;
}

/** Sums up the conversation, so that it fits the model's window again; ends as any other turn does. */
export async function* compact(
  request: LoopRequest,
  signal: AbortSignal,
): AsyncGenerator<EventBody, LoopEnd> {
  const summary = summaryRequest(request);
  if (summary === undefined) return { outcome: "failed", error: nothingToSumUp };
  const end = yield* runTurn(summary, signal);
  return end === "next turn" ? { outcome: "done" } : end;
}

function isTooLong(end: TurnEnd): boolean {
  return end !== "next turn" && end.error?.code === "context-length";
}

/** A turn whose answer stands there without its end: a run that was held when its server ended. */
async function* takeUp(
  request: LoopRequest,
  signal: AbortSignal,
): AsyncGenerator<EventBody, TurnEnd> {
  const messages = request.messages();
  const index = messages.findLastIndex(
    ({ runId, role, outcome }) =>
      runId === request.runId && role === "assistant" && outcome === undefined,
  );
  if (index === -1) return "next turn";
  const at = { messageId: messages[index]!.id, ...agentName(request) };
  return yield* finishTurn(request, at, newTurn(request, messages.slice(0, index)), signal);
}

function tooManyTurns(maxTurns: number): LoopEnd {
  const message = `The model asked for more than ${maxTurns} turns. Send a message to let it go on.`;
  return { outcome: "failed", error: { code: "turn-limit", message } };
}
