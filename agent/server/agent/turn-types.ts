/** The request of a turn, its state while it runs, and how it ends. */
import type {
  ErrorInfo,
  EventBody,
  Message,
  ModelInfo,
  ModelOptions,
  Outcome,
  PlanEntry,
  ToolCallPart,
  Usage,
} from "../../shared/protocol";
import type { ModelWaits } from "./model-waits";
import type { PauseGate } from "./pause-gate";
import type { Retries } from "./retry";
import type {
  FinishReason,
  ModelRequest,
  Provider,
  TokenCounts,
  ToolSpec,
} from "../providers/provider";

export interface TurnRequest {
  runId: string;
  /** Of a subagent: the id of the tool call it runs under. */
  agentId?: string;
  provider: Provider;
  model: string;
  /** Price and context window of the model, where they are known. */
  info(): ModelInfo | undefined;
  /** The system prompt; read anew each turn, under the signal. */
  system(signal: AbortSignal): Promise<string>;
  /** As they are in this turn. */
  tools: () => ToolSpec[];
  /** What was chosen, as it is now. */
  options: () => ModelOptions;
  /** Whether models search by their own services now. */
  searches: () => boolean;
  /** The session's to-do list, which a summary carries on. */
  todo?(): readonly PlanEntry[];
  /** The same for every request of one conversation. */
  cacheKey: string;
  /** Reads the files that a request with these messages carries. Throws only the signal's reason. */
  readFiles(messages: Message[], signal: AbortSignal): Promise<ModelRequest["files"]>;
  /** The conversation as it is now: the reader of the turn applies each event before it asks for the next. */
  messages(): Message[];
  /** Pauses the turn at its safe points: between two parts of an answer, before a tool starts. */
  pauseGate: PauseGate;
  /** Of this loop. */
  retries: Retries;
  /** Of the run. */
  waits: ModelWaits;
  /** Called again and again while an answer grows, with what it costs so far. */
  recordCost(messageId: string, cost: () => Usage): void;
  /** The turn sums up the conversation: what the model is sent, and the first message that stays beside the summary. */
  summary?: { messages: Message[] } & Pick<NonNullable<Message["summary"]>, "keeps" | "todo">;
  /** Runs one tool call to its `tool-end`; never throws. */
  runTool(call: ToolCallPart, at: MessageName, send: Send, signal: AbortSignal): Promise<void>;
}

export interface MessageName {
  messageId: string;
  agentId?: string;
}

/** Resolves once the event was applied. */
export type Send = (event: EventBody) => Promise<void>;

/** A turn under way. */
export interface Turn {
  request: ModelRequest;
  finish?: FinishReason;
  /** The service's own words about it. */
  finishDetail?: string;
  /** What the service has counted of the attempt under way. */
  counted: Partial<TokenCounts>;
  /** What earlier attempts, which failed, were charged. */
  earlier?: Usage;
  /** The estimated tokens of the request, once they are needed. */
  requestTokens?: number;
  /** The attempt's request was sent, and not refused. */
  mayBeCharged: boolean;
}

export interface LoopEnd {
  outcome: Outcome;
  error?: ErrorInfo;
}

/** "next turn": another request to the model follows. */
export type TurnEnd = LoopEnd | "next turn";

export function agentName(request: TurnRequest): { agentId?: string } {
  return request.agentId === undefined ? {} : { agentId: request.agentId };
}

export function answerOf(request: TurnRequest, at: MessageName): Message {
  return request.messages().findLast((message) => message.id === at.messageId)!;
}
