/** The agent's loop: turns until no tool is asked for. */
import type { EventBody } from "../../shared/protocol";
import { canSumUp, isSummaryDue, nothingToSumUp, summaryRequest } from "./compaction";
import { finishTurn, newTurn, runTurn } from "./turn";
import { agentName, type LoopEnd, type TurnEnd, type TurnRequest } from "./turn-types";

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
  let maySumUp = true;
  for (let turn = 0; end === "next turn" || (end.outcome === "done" && request.hasNews()); turn++) {
    if (turn === request.maxTurns) return tooManyTurns(request.maxTurns);
    await request.beforeTurn(signal);
    if (maySumUp && isSummaryDue(request)) {
      const summed = yield* sumUp(request, signal);
      if (summed.outcome === "stopped") return summed;
      maySumUp = summed.outcome === "done";
      await request.beforeTurn(signal);
    }
    end = yield* runTurn(request, signal);
    // Nobody may have known how much fits, until the service says that this was too much.
    if (maySumUp && isTooLong(end) && canSumUp(request.messages())) {
      await request.beforeTurn(signal);
      const summed = yield* sumUp(request, signal);
      if (summed.outcome === "stopped") return summed;
      if (summed.outcome === "failed") return end;
      await request.beforeTurn(signal);
      end = yield* runTurn(request, signal);
    }
  }
  return end;
}

/** A run that only sums up the conversation, so that it fits the model's window again. */
export async function* compact(
  request: LoopRequest,
  signal: AbortSignal,
): AsyncGenerator<EventBody, LoopEnd> {
  const end = yield* takeUp(request, signal);
  if (end !== "next turn") return end;
  const isMade = request
    .messages()
    .some(({ runId, outcome }) => runId === request.runId && outcome === "done");
  if (isMade) return { outcome: "done" };
  await request.beforeTurn(signal);
  return yield* sumUp(request, signal);
}

/** `beforeTurn` has been called. One that a pause has cut is made anew; one that is itself too long is tried with less. */
async function* sumUp(
  request: LoopRequest,
  signal: AbortSignal,
): AsyncGenerator<EventBody, LoopEnd> {
  for (let share = 1; ; await request.beforeTurn(signal)) {
    const summary = summaryRequest(request, share);
    if (summary === undefined) return { outcome: "failed", error: nothingToSumUp };
    const end = yield* runTurn(summary, signal);
    if (isTooLong(end) && share > leastShare) share /= 2;
    else if (end !== "next turn") return end;
  }
}

/** Less than this would say too little. */
const leastShare = 1 / 8;

function isTooLong(end: TurnEnd): end is LoopEnd {
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
  const { id: messageId, summary } = messages[index]!;
  const at = { messageId, ...agentName(request) };
  const turn = newTurn(request, messages.slice(0, index));
  const end = yield* finishTurn(request, at, turn, signal);
  // A summary answers nobody.
  return summary && end !== "next turn" && end.outcome === "done" ? "next turn" : end;
}

function tooManyTurns(maxTurns: number): LoopEnd {
  const message = `The model asked for more than ${maxTurns} turns. Send a message to let it go on.`;
  return { outcome: "failed", error: { code: "turn-limit", message } };
}
