/** One turn: a request to the model, and the tools that its answer asks for. */
import type {
  EventBody,
  Message,
  Outcome,
  Session,
  ToolCallPart,
  Usage,
} from "../../shared/protocol";
import { isOutcome } from "../../shared/protocol";
import { closeCut, closeParts, readAnswer } from "./answer-stream";
import { Channel } from "./event-channel";
import { usageOf } from "./token-estimate";
import { defined } from "../../shared/defined";
import { lastInterruption, toolCallsOf } from "../../shared/message-parts";
import { newId } from "../id";
import { log } from "../log";
import { ProviderError } from "../providers/provider";
import { repeatedCall } from "./repeated-calls";
import { askedAgain, endOfAnswer, endOfSummary, requireWhole } from "./turn-ends";
import {
  agentName,
  answerOf,
  type MessageName,
  type Send,
  type Turn,
  type TurnEnd,
  type TurnRequest,
} from "./turn-types";

export async function* runTurn(
  request: TurnRequest,
  signal: AbortSignal,
): AsyncGenerator<EventBody, TurnEnd> {
  const at = nameMessage(request);
  const turn = newTurn(request, request.summary?.messages ?? request.messages().slice());
  yield startMessage(request, at);
  const failure = yield* endOf(
    request,
    async function* () {
      turn.request.system = await request.system(signal);
      const files = await request.readFiles(turn.request.messages, signal);
      if (files !== undefined) turn.request.files = files;
      using call = request.pauseGate.openModelCall(signal);
      yield* readAnswer(request, at, turn, call, signal);
      return "next turn";
    },
    signal,
  );
  return yield* finishTurn(request, at, turn, signal, failure);
}

/** Runs the tool calls of the answer, unless the turn has ended already, and closes the message. */
export async function* finishTurn(
  request: TurnRequest,
  at: MessageName,
  turn: Turn,
  signal: AbortSignal,
  before: TurnEnd = "next turn",
): AsyncGenerator<EventBody, TurnEnd> {
  const answer = () => answerOf(request, at);
  const end =
    before !== "next turn"
      ? before
      : yield* endOf(
          request,
          async function* () {
            const isCut = lastInterruption(answer()) !== undefined;
            const calls = toolCallsOf(answer());
            requireWhole(turn);
            if (answer().summary) return isCut ? "next turn" : endOfSummary(answer());
            if (calls.length === 0 && isCut) return "next turn";
            if (calls.length === 0) {
              const end = endOfAnswer(request.messages(), turn);
              if (end !== "ask again") return end;
              yield* closeCut(answer(), at, { error: askedAgain });
              return "next turn";
            }
            const repeated = repeatedCall(request.messages(), calls);
            if (repeated !== undefined) return { outcome: "failed", error: repeated };
            const open = calls.filter((call) => !isOutcome(call.state));
            yield* runTools(request, open, at, signal);
            return signal.aborted ? { outcome: "stopped" } : "next turn";
          },
          signal,
        );

  // Other machines have settled the run, and had not got this message.
  if (!request.messages().some(({ id }) => id === at.messageId)) return { outcome: "stopped" };
  const cut = lastInterruption(answer());
  const cutOutcome = cut?.error ? ("failed" as const) : ("stopped" as const);
  const goesOn = { outcome: cut ? cutOutcome : ("done" as const), error: undefined };
  const { outcome, error } = end === "next turn" ? goesOn : end;
  yield* closeParts(answer(), at, outcome, error, signal);
  const usage = usageOf(request, answer(), turn);
  yield {
    type: "message-end",
    ...at,
    outcome,
    usage,
    ...(error && { error }),
    ...contextOf(request, answer(), outcome, usage),
  };
  return end;
}

export function newTurn(turn: TurnRequest, messages: Message[]): Turn {
  const { model, cacheKey } = turn;
  const tools = turn.tools();
  const known = defined({ contextTokens: turn.info()?.contextTokens });
  const options = turn.options();
  const searches = turn.searches();
  const request = { model, tools, searches, options, cacheKey, messages, system: "", ...known };
  return { request, counted: {}, mayBeCharged: false };
}

/** One of the two places where a throw becomes an outcome (the other is the tool runner). */
async function* endOf(
  { runId }: TurnRequest,
  body: () => AsyncGenerator<EventBody, TurnEnd>,
  signal: AbortSignal,
): AsyncGenerator<EventBody, TurnEnd> {
  try {
    return yield* body();
  } catch (error) {
    if (signal.aborted) return { outcome: "stopped" };
    if (error instanceof ProviderError)
      return { outcome: "failed", error: { code: error.code, message: error.message } };
    log.error({ err: error, runId }, "An internal error in a turn");
    const message = `Something went wrong inside Rein: ${String(error)}. The log has the details; sending again may help.`;
    return { outcome: "failed", error: { code: "internal", message } };
  }
}

export async function* runTools(
  request: Pick<TurnRequest, "pauseGate" | "runTool">,
  calls: ToolCallPart[],
  at: MessageName,
  signal: AbortSignal,
): AsyncGenerator<EventBody, void> {
  const channel = new Channel<EventBody>();
  const send: Send = (event) => channel.send(event);
  const ended = request.pauseGate.runCalls(
    calls.map((call) => () => request.runTool(call, at, send, signal)),
  );
  ended
    .finally(() => channel.close())
    .catch((err: unknown) => log.error({ err }, "The tool calls of a turn did not end in order"));
  yield* channel;
}

function startMessage(request: TurnRequest, at: MessageName): EventBody {
  const message: Message = {
    id: at.messageId,
    runId: request.runId,
    role: "assistant",
    parts: [],
    createdAt: Date.now(),
    provider: request.provider.id,
    model: request.model,
    ...(request.summary && { summary: summaryName(request.summary) }),
  };
  return { type: "message-start", ...agentName(request), message };
}

function summaryName({ keeps, todo }: NonNullable<TurnRequest["summary"]>): Message["summary"] {
  return defined({ keeps, todo });
}

function nameMessage(request: TurnRequest): MessageName {
  return { messageId: newId(), ...agentName(request) };
}

/** What the next request will hold; after a summary, that alone. Unknown after a summary that was cut or a request that was refused. */
function contextOf(
  request: TurnRequest,
  { summary }: Message,
  outcome: Outcome,
  usage: Usage,
): { context?: Session["context"] } {
  const { inputTokens, outputTokens } = usage.lastAttempt ?? usage;
  if (request.agentId !== undefined || (summary && outcome !== "done") || inputTokens === 0)
    return {};
  const windowTokens = request.info()?.contextTokens;
  const usedTokens = (summary ? 0 : inputTokens) + outputTokens;
  return { context: { usedTokens, ...defined({ windowTokens }) } };
}
