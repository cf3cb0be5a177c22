/** The agent's loop: turns until no tool is asked for. */
import type { EventBody } from "../../shared/protocol";
import { runAskedCalls } from "./asked-calls";
import { canSumUp, isSummaryDue, nothingToSumUp, summaryRequest } from "./compaction";
import { oldOutputs, type OldOutputs } from "./old-outputs";
import { finishTurn, newTurn, runTurn } from "./turn";
import { agentName, type LoopEnd, type TurnEnd, type TurnRequest } from "./turn-types";

export interface LoopRequest extends TurnRequest {
  maxTurns: number;
  /** Before each turn: waits while the run is paused, and adds the messages that the user queued for it. */
  beforeTurn(signal: AbortSignal): Promise<void>;
  /** Whether a queued message is to be answered before the run is done. */
  hasQueuedMessage(): boolean;
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
  let end = yield* resumeTurn(request, signal);
  let maySumUp = true;
  for (
    let turn = 0;
    end === "next turn" || (end.outcome === "done" && request.hasQueuedMessage());
    turn++
  ) {
    if (turn === request.maxTurns) return tooManyTurns(request.maxTurns);
    await request.beforeTurn(signal);
    yield* runAskedCalls(request, signal);
    const dropped = oldOutputs(request);
    if (dropped) yield dropEvent(request, dropped);
    if (maySumUp && isSummaryDue(request, dropped?.freedTokens ?? 0)) {
      const room = yield* makeRoom(request, signal);
      if (typeof room !== "string") return room;
      maySumUp = room === "summed up";
    }
    end = yield* runTurn(request, signal);
    // The window may be unknown, until the service says that this was too much.
    if (maySumUp && isTooLong(end) && canSumUp(request.messages())) {
      await request.beforeTurn(signal);
      const room = yield* makeRoom(request, signal, end);
      if (typeof room !== "string") return room;
      end = yield* runTurn(request, signal);
    }
  }
  return end;
}

/** Stored, so that every request from now on reads the same: a service's cache breaks once. */
function dropEvent(request: LoopRequest, { partIds }: OldOutputs): EventBody {
  return { type: "outputs-drop", ...agentName(request), partIds };
}

/** A run that only sums up the conversation, so that it fits the model's window again. */
export async function* compact(
  request: LoopRequest,
  signal: AbortSignal,
): AsyncGenerator<EventBody, LoopEnd> {
  const end = yield* resumeTurn(request, signal);
  if (end !== "next turn") return end;
  const isMade = request
    .messages()
    .some(({ runId, outcome }) => runId === request.runId && outcome === "done");
  if (isMade) return { outcome: "done" };
  await request.beforeTurn(signal);
  return yield* sumUp(request, signal);
}

/**
 * Sums up, and waits for the next turn. Returns an end instead when the run is over: by a stop, or with `tooLong`, the end
 * of the turn that did not fit, when there is no summary.
 */
async function* makeRoom(
  request: LoopRequest,
  signal: AbortSignal,
  tooLong?: LoopEnd,
): AsyncGenerator<EventBody, LoopEnd | "summed up" | "no summary"> {
  const end = yield* sumUp(request, signal);
  if (end.outcome === "stopped") return end;
  if (end.outcome === "failed" && tooLong) return tooLong;
  await request.beforeTurn(signal);
  return end.outcome === "done" ? "summed up" : "no summary";
}

/** After `beforeTurn`. A summary that a pause cut is made anew; when the request for it is too long, it gets less text. */
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

/** A summary of less than this share of the room would be of no use. */
const leastShare = 1 / 8;

function isTooLong(end: TurnEnd): end is LoopEnd {
  return end !== "next turn" && end.error?.code === "context-length";
}

/** Finishes the open turn of a run that was paused when its server ended. Without one: "next turn". */
async function* resumeTurn(
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
  const turn = { ...newTurn(request, messages.slice(0, index)), mayBeCharged: true };
  const end = yield* finishTurn(request, at, turn, signal);
  // A summary is no answer: the turn it made room for comes next.
  return summary && end !== "next turn" && end.outcome === "done" ? "next turn" : end;
}

function tooManyTurns(maxTurns: number): LoopEnd {
  const message = `The model asked for more than ${maxTurns} turns. Send a message to continue.`;
  return { outcome: "failed", error: { code: "turn-limit", message } };
}
