/** What a turn is asked with, what it knows while it goes on, and how it ends. */
import type {
  ErrorInfo,
  EventBody,
  Message,
  ModelInfo,
  Outcome,
  ToolCallPart,
  Usage,
} from "../../shared/protocol";
import type { PauseGate } from "./pause-gate";
import type { FinishReason, ModelRequest, Provider, ToolSpec } from "../providers/provider";

export interface TurnRequest {
  runId: string;
  /** Of a subagent: the id of the tool call it runs under. */
  agentId?: string;
  provider: Provider;
  model: string;
  /** What is known of the model: its price and its window. */
  info(): ModelInfo | undefined;
  /** The system prompt; read anew each turn, under the signal. */
  system(signal: AbortSignal): Promise<string>;
  tools: ToolSpec[];
  /** The conversation as it is now. Whoever reads the turn applies each event before asking for the next. */
  messages(): Message[];
  /** Holds the turn at its safe points: between two parts of an answer, before a tool starts. */
  pauseGate: PauseGate;
  /** Hears of what a message that is being written costs so far, again and again while it grows. */
  spend(messageId: string, cost: () => Usage): void;
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

/** A turn under way. */
export interface Turn {
  request: ModelRequest;
  finish?: FinishReason;
  counted: Partial<Usage>;
  /** About how many tokens the request has, once somebody has asked. */
  asked?: number;
  /** The last request was not taken: nothing was read of it, and nothing is charged. */
  isRefused: boolean;
}

export interface LoopEnd {
  outcome: Outcome;
  error?: ErrorInfo;
}

/** "next turn": the model is to be asked again. */
export type TurnEnd = LoopEnd | "next turn";

export function agentName(request: TurnRequest): { agentId?: string } {
  return request.agentId === undefined ? {} : { agentId: request.agentId };
}

export function answerOf(request: TurnRequest, at: MessageName): Message {
  return request.messages().findLast((message) => message.id === at.messageId)!;
}
