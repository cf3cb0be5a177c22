/** The agent's loop: turns until no tool is asked for. */
import type {
  ErrorInfo,
  EventBody,
  InterruptionPart,
  Message,
  ModelInfo,
  Outcome,
  Part,
  Stop,
  ToolCallPart,
  Usage,
} from "../shared/protocol";
import { isOutcome } from "../shared/protocol";
import type { Brake, ModelCall } from "./brake";
import { Channel } from "./channel";
import { isNearlyFull, nothingToSumUp, summaryRequest } from "./compaction";
import { estimateUsage } from "./estimate";
import { newId } from "./id";
import {
  type FinishReason,
  type ModelEvent,
  type ModelRequest,
  type Provider,
  ProviderError,
  type ToolSpec,
} from "./providers/provider";
import { repetition } from "./repetition";
import { withRetry } from "./retry";
import { stopOf } from "./signal";

export interface LoopRequest {
  runId: string;
  /** Of a subagent: the id of the tool call it runs under. */
  agentId?: string;
  provider: Provider;
  model: string;
  /** What is known of the model: its price and its window. */
  info: ModelInfo | undefined;
  /** The system prompt; read anew each turn, under the signal. */
  system(signal: AbortSignal): Promise<string>;
  tools: ToolSpec[];
  maxTurns: number;
  /** The conversation as it is now. Whoever reads the loop applies each event before asking for the next. */
  messages(): Message[];
  /** Holds the loop at its safe points: between two turns, between two parts of an answer, before a tool starts. */
  brake: Brake;
  /** Before each turn: waits while the run is held, and puts what the user has said to it into the conversation. */
  beforeTurn(signal: AbortSignal): Promise<void>;
  /** Whether the user has said something that the model should answer before it is done. */
  hasNews(): boolean;
  /** The turn is to sum up the conversation: what the model is told then, and what stays beside the summary. */
  summary?: { told: Message[]; keeps?: string };
  /** Runs one tool call to its `tool-end`; never throws. */
  runTool(call: ToolCallPart, at: MessageName, send: Send, signal: AbortSignal): Promise<void>;
}

export interface MessageName {
  messageId: string;
  agentId?: string;
}

/** Resolves once the event was applied. */
export type Send = (event: EventBody) => Promise<void>;

export interface LoopEnd {
  outcome: Outcome;
  error?: ErrorInfo;
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

function isTooLong(end: LoopEnd | "next turn"): boolean {
  return end !== "next turn" && end.error?.code === "context-length";
}

/** A turn whose answer stands there without its end: a run that was held when its server ended. */
async function* takeUp(
  request: LoopRequest,
  signal: AbortSignal,
): AsyncGenerator<EventBody, LoopEnd | "next turn"> {
  const messages = request.messages();
  const index = messages.findLastIndex(
    ({ runId, role, outcome }) =>
      runId === request.runId && role === "assistant" && outcome === undefined,
  );
  if (index === -1) return "next turn";
  const at = { messageId: messages[index]!.id, ...agentName(request) };
  return yield* finishTurn(request, at, newTurn(request, messages.slice(0, index)), signal);
}

async function* runTurn(
  request: LoopRequest,
  signal: AbortSignal,
): AsyncGenerator<EventBody, LoopEnd | "next turn"> {
  const at = nameMessage(request);
  const turn = newTurn(request, request.summary?.told ?? request.messages().slice());
  yield startMessage(request, at);
  const failure = yield* endOf(async function* () {
    turn.request.system = await request.system(signal);
    using call = request.brake.openModel(signal);
    yield* readAnswer(request, at, turn, call, signal);
    return "next turn";
  }, signal);
  return yield* finishTurn(request, at, turn, signal, failure);
}

/** Runs the tools that were asked for, unless the turn has ended already, and closes the message. */
async function* finishTurn(
  request: LoopRequest,
  at: MessageName,
  turn: Turn,
  signal: AbortSignal,
  before: LoopEnd | "next turn" = "next turn",
): AsyncGenerator<EventBody, LoopEnd | "next turn"> {
  const answer = () => request.messages().findLast((message) => message.id === at.messageId)!;
  const isCut = answer().parts.some((part) => part.type === "interruption");
  const end =
    before !== "next turn"
      ? before
      : yield* endOf(async function* () {
          const calls = answer().parts.filter((part) => part.type === "tool-call");
          if (turn.finish === "length" || turn.finish === "refusal") throw cutShort(turn.finish);
          if (calls.length === 0) return isCut ? "next turn" : { outcome: "done" };
          const repeated = repetition(request.messages(), calls);
          if (repeated !== undefined) return { outcome: "failed", error: repeated };
          const open = calls.filter((call) => !isOutcome(call.state));
          yield* runTools(request, open, at, signal);
          return signal.aborted ? { outcome: "stopped" } : "next turn";
        }, signal);

  const whole = { outcome: isCut ? ("stopped" as const) : ("done" as const), error: undefined };
  const { outcome, error } = end === "next turn" ? whole : end;
  yield* closeParts(answer(), at, outcome, error, signal);
  const usage = usageOf(request, answer(), turn);
  yield {
    type: "message-end",
    ...at,
    outcome,
    usage,
    ...(error && { error }),
    ...(request.agentId === undefined && { context: contextOf(request, usage) }),
  };
  return end;
}

interface Turn {
  request: ModelRequest;
  finish?: FinishReason;
  counted: Partial<Usage>;
}

function newTurn({ model, tools }: LoopRequest, messages: Message[]): Turn {
  return { request: { model, tools, messages, system: "" }, counted: {} };
}

/** One of the two places where a throw becomes an outcome (the other is the tool runner). */
async function* endOf(
  body: () => AsyncGenerator<EventBody, LoopEnd | "next turn">,
  signal: AbortSignal,
): AsyncGenerator<EventBody, LoopEnd | "next turn"> {
  try {
    return yield* body();
  } catch (error) {
    if (signal.aborted) return { outcome: "stopped" };
    if (error instanceof ProviderError)
      return { outcome: "failed", error: { code: error.code, message: error.message } };
    console.error("A bug in Rein ended a turn:", error);
    const message = `Something went wrong inside Rein: ${String(error)}. The log has the details; sending again may help.`;
    return { outcome: "failed", error: { code: "internal", message } };
  }
}

/** Reads until the model has finished, or a pause has cut it: that is no end of the turn. */
async function* readAnswer(
  request: LoopRequest,
  at: MessageName,
  turn: Turn,
  call: ModelCall,
  signal: AbortSignal,
): AsyncGenerator<EventBody, void> {
  try {
    yield* readParts(request, at, turn, call);
  } catch (error) {
    const pause = stopOf(call.signal);
    if (signal.aborted || pause === undefined) throw error;
    const answer = request.messages().findLast((message) => message.id === at.messageId)!;
    yield* closeCut(answer, at, pause);
  }
}

/** Turns the model's events into ours. */
async function* readParts(
  request: LoopRequest,
  at: MessageName,
  turn: Turn,
  call: ModelCall,
): AsyncGenerator<EventBody, void> {
  const parts = new Map<string, { id: string; field: "text" | "input" }>();
  const names = { runId: request.runId, ...agentName(request) };
  const stream = () => request.provider.stream(turn.request, call.signal);
  for await (const event of withRetry(stream, names, call.signal)) {
    switch (event.type) {
      case "retry-start":
      case "retry-end":
        yield event;
        break;
      case "part-start": {
        // The stream is aborted, not left: it is read on to where it throws.
        if (!call.beginPart()) break;
        const part = newPart(event);
        parts.set(event.key, { id: part.id, field: part.type === "tool-call" ? "input" : "text" });
        yield { type: "part-start", ...at, part };
        break;
      }
      case "part-delta": {
        const { id, field } = parts.get(event.key)!;
        yield { type: "part-delta", ...at, partId: id, field, delta: event.delta };
        break;
      }
      case "part-end": {
        const { type: _type, key, ...rest } = event;
        yield { type: "part-end", ...at, partId: parts.get(key)!.id, at: Date.now(), ...rest };
        break;
      }
      case "usage":
        turn.counted = { inputTokens: event.inputTokens, outputTokens: event.outputTokens };
        break;
      case "finish":
        turn.finish = event.reason;
    }
  }
  call.signal.throwIfAborted();
}

/** Calls whose input was cut are lost; whole ones will run. What was written stays, with its mark. */
function* closeCut(answer: Message, at: MessageName, stop: Stop): Generator<EventBody> {
  for (const part of answer.parts) {
    if (part.type !== "tool-call" || part.state !== "writing") continue;
    yield { type: "tool-end", ...at, partId: part.id, at: Date.now(), outcome: "stopped", stop };
  }
  yield { type: "part-start", ...at, part: { type: "interruption", id: newId(), stop } };
}

async function* runTools(
  request: LoopRequest,
  calls: ToolCallPart[],
  at: MessageName,
  signal: AbortSignal,
): AsyncGenerator<EventBody, void> {
  const channel = new Channel<EventBody>();
  const send: Send = (event) => channel.send(event);
  const ended = Promise.allSettled(calls.map((call) => request.runTool(call, at, send, signal)));
  void ended.then(() => channel.close());
  yield* channel;
}

/** What a stop or a failure left open is closed and marked, so that nothing looks as if it still ran. */
function* closeParts(
  answer: Message,
  at: MessageName,
  outcome: Outcome,
  error: ErrorInfo | undefined,
  signal: AbortSignal,
): Generator<EventBody> {
  const stop = outcome === "stopped" ? stopOf(signal) : undefined;
  for (const part of answer.parts) {
    if (part.type !== "tool-call" || isOutcome(part.state)) continue;
    const ending = stop ? { outcome: "stopped" as const, stop } : { outcome: "failed" as const };
    const reason = error && { error: `Not run: ${error.message}` };
    yield { type: "tool-end", ...at, partId: part.id, at: Date.now(), ...ending, ...reason };
  }
  if (stop) {
    const part: InterruptionPart = { type: "interruption", id: newId(), stop };
    yield { type: "part-start", ...at, part };
  }
}

function tooManyTurns(maxTurns: number): LoopEnd {
  const message = `The model asked for more than ${maxTurns} turns. Send a message to let it go on.`;
  return { outcome: "failed", error: { code: "turn-limit", message } };
}

function cutShort(finish: "length" | "refusal"): ProviderError {
  const message =
    finish === "length"
      ? "The answer reached the model's length limit. Send “continue” to let it go on."
      : "The model declined to answer this. Rephrase the message, or choose another model.";
  return new ProviderError(message, { code: finish, retryable: false });
}

function newPart(event: Extract<ModelEvent, { type: "part-start" }>): Part {
  const id = newId();
  if (event.part === "tool-call") {
    const { callId, name } = event;
    return { type: "tool-call", id, callId, name, inputText: "", state: "writing", output: "" };
  }
  if (event.part === "text") return { type: "text", id, text: "" };
  return { type: "reasoning", id, text: "", startedAt: Date.now() };
}

function startMessage(request: LoopRequest, at: MessageName): EventBody {
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

function summaryName({ keeps }: NonNullable<LoopRequest["summary"]>): Message["summary"] {
  return keeps === undefined ? {} : { keeps };
}

function nameMessage(request: LoopRequest): MessageName {
  return { messageId: newId(), ...agentName(request) };
}

function agentName(request: LoopRequest): { agentId?: string } {
  return request.agentId === undefined ? {} : { agentId: request.agentId };
}

/** The provider's own count when the turn finished; an estimate when it was cut. */
function usageOf(request: LoopRequest, answer: Message, turn: Turn): Usage {
  const { inputTokens, outputTokens } = turn.counted;
  const complete =
    turn.finish !== undefined && inputTokens !== undefined && outputTokens !== undefined;
  const usage: Usage = complete
    ? { inputTokens, outputTokens, estimated: false }
    : estimateUsage(turn.request, answer, turn.counted);
  const price = request.info?.price;
  if (price)
    usage.costUsd = (usage.inputTokens * price.input + usage.outputTokens * price.output) / 1e6;
  return usage;
}

function contextOf(request: LoopRequest, usage: Usage) {
  const windowTokens = request.info?.contextTokens;
  // Of a summary only its own words are told again.
  const inputTokens = request.summary === undefined ? usage.inputTokens : 0;
  return {
    usedTokens: inputTokens + usage.outputTokens,
    ...(windowTokens !== undefined && { windowTokens }),
  };
}
