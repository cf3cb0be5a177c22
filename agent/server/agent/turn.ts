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
import { closeParts, readAnswer } from "./answer-stream";
import { Channel } from "./event-channel";
import { usageOf } from "./token-estimate";
import { defined } from "../../shared/defined";
import { lastInterruption, toolCallsOf } from "../../shared/message-parts";
import { newId } from "../id";
import { log } from "../log";
import { ProviderError } from "../providers/provider";
import { repeatedCall } from "./repeated-calls";
import {
  agentName,
  answerOf,
  type LoopEnd,
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
  const cut = lastInterruption(answer());
  const isCut = cut !== undefined;
  const end =
    before !== "next turn"
      ? before
      : yield* endOf(
          request,
          async function* () {
            const calls = toolCallsOf(answer());
            if (turn.finish !== undefined && turn.finish in earlyEnds)
              throw cutShort(turn.finish as keyof typeof earlyEnds);
            if (answer().summary) return isCut ? "next turn" : endOfSummary(answer());
            if (calls.length === 0) return isCut ? "next turn" : { outcome: "done" };
            const repeated = repeatedCall(request.messages(), calls);
            if (repeated !== undefined) return { outcome: "failed", error: repeated };
            const open = calls.filter((call) => !isOutcome(call.state));
            yield* runTools(request, open, at, signal);
            return signal.aborted ? { outcome: "stopped" } : "next turn";
          },
          signal,
        );

  const cutOutcome = cut?.error ? ("failed" as const) : ("stopped" as const);
  const goesOn = { outcome: isCut ? cutOutcome : ("done" as const), error: undefined };
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

export function newTurn(
  { model, tools, options, cacheKey }: TurnRequest,
  messages: Message[],
): Turn {
  const request = { model, tools, options: options(), cacheKey, messages, system: "" };
  return { request, counted: {}, isRefused: false };
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

async function* runTools(
  request: TurnRequest,
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

/** An answer without text, or with a tool call, is no summary. */
function endOfSummary({ parts }: Message): LoopEnd {
  const isSaid = parts.some((part) => part.type === "text" && part.text.trim() !== "");
  if (isSaid && parts.every(({ type }) => type !== "tool-call")) return { outcome: "done" };
  const message =
    "The model wrote no summary, so nothing was left out. Try again, or choose another model.";
  throw new ProviderError(message, { code: "no-summary", retryable: false });
}

const earlyEnds = {
  length: "The answer reached the model's length limit. Send “continue” to go on.",
  "context-full":
    "The conversation has filled the model's window, so the answer was cut. Sum it up (/compact), or choose a model with a larger window.",
  refusal: "The model declined to answer this. Rephrase the message, or choose another model.",
  "content-filter":
    "The service's content filter withheld the rest of the answer. Rephrase the message, or choose another model.",
  error: "The model ended its answer with an error. Sending the message again may help.",
};

function cutShort(finish: keyof typeof earlyEnds): ProviderError {
  return new ProviderError(earlyEnds[finish], { code: finish, retryable: false });
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

function summaryName({ keeps }: NonNullable<TurnRequest["summary"]>): Message["summary"] {
  return keeps === undefined ? {} : { keeps };
}

function nameMessage(request: TurnRequest): MessageName {
  return { messageId: newId(), ...agentName(request) };
}

/** What the next request will hold; after a summary, that alone. Unknown after a summary that was cut or a request that was refused. */
function contextOf(
  request: TurnRequest,
  { summary }: Message,
  outcome: Outcome,
  { inputTokens, outputTokens }: Usage,
): { context?: Session["context"] } {
  if (request.agentId !== undefined || (summary && outcome !== "done") || inputTokens === 0)
    return {};
  const windowTokens = request.info()?.contextTokens;
  const usedTokens = (summary ? 0 : inputTokens) + outputTokens;
  return { context: { usedTokens, ...defined({ windowTokens }) } };
}
