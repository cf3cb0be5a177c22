/** The script of the upstream's answers, independent of any wire. */
import type { FinishReason } from "../../server/providers/provider";
import { within } from "../within";

/** Holds a stream until a test opens it, so that "in the middle of" is a fact and not a matter of timing. */
export interface Gate {
  readonly type: "gate";
  /** Resolves when a stream waits at the gate: everything scripted before it has been sent. */
  readonly reached: Promise<void>;
  open(): void;
  /** For the upstream: reports that a stream has reached the gate, and waits until the gate is open. */
  pass(): Promise<void>;
}

/** A piece of text, or a gate between two pieces. */
export type Piece = string | Gate;

/** How a request fails, in kinds that every service expresses in its own form. */
export type FailureKind =
  | "authentication"
  | "model-not-found"
  | "rate-limit"
  | "overloaded"
  | "context-length"
  | "invalid-request"
  | "server";

export interface Failure {
  type: "failure";
  kind: FailureKind;
  /** Added to the response when the failure is the whole answer. */
  headers: Record<string, string>;
  /** Replaces the service's usual message. */
  message?: string;
}

export interface ToolCallStep {
  type: "tool-call";
  name: string;
  /** The pieces of the input's JSON. Gemini's wire has no pieces: it gets them joined. */
  input: Piece[];
  /** The provider's id of the call; made up when absent. */
  id?: string;
}

/** Each wire expresses those that its service has. */
export type ScriptedFinish = FinishReason;

/** `inputTokens` is all of the input; each wire says it in its own way. */
export interface ScriptedUsage {
  type: "usage";
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens?: number;
  cacheWriteTokens?: number;
  /** What it says that the answer has cost, where it does. */
  costUsd?: number;
}

export type Step =
  /** `redacted` reasoning has no readable text (Anthropic; elsewhere it is left out). */
  | { type: "reasoning"; pieces: Piece[]; redacted?: boolean }
  | { type: "text"; pieces: Piece[] }
  /** A refusal by the model, where the wire distinguishes it from text (Responses); text elsewhere. */
  | { type: "refusal"; pieces: Piece[] }
  | ToolCallStep
  /** A block, item or part as the service of the one wire sends it; left out on Chat Completions. */
  | { type: "other"; raw: { type?: string; [field: string]: unknown } }
  | ScriptedUsage
  /** Unless given, the answer ends with `tool-calls` when it has any, else with `stop`. */
  | { type: "finish"; reason: ScriptedFinish }
  /** First: the response's status. Later: an error in the middle of the stream. */
  | Failure
  | Control;

/** What happens to the stream itself. */
export type Control =
  | Gate
  /** Sends nothing more and waits for the client to close. First: not even the headers. */
  | { type: "hang" }
  /** Ends the response early but cleanly, as a proxy does. */
  | { type: "cut" }
  /** Breaks the connection. */
  | { type: "reset" };

export const text = (...pieces: Piece[]): Step => ({ type: "text", pieces });
export const reasoning = (...pieces: Piece[]): Step => ({ type: "reasoning", pieces });
export const redactedReasoning = (): Step => ({ type: "reasoning", pieces: [], redacted: true });
export const refusal = (...pieces: Piece[]): Step => ({ type: "refusal", pieces });
export const usage = (
  inputTokens: number,
  outputTokens: number,
  more: Omit<ScriptedUsage, "type" | "inputTokens" | "outputTokens"> = {},
): Step => ({ type: "usage", inputTokens, outputTokens, ...more });
export const finish = (reason: ScriptedFinish): Step => ({ type: "finish", reason });
export const other = (raw: { type?: string; [field: string]: unknown }): Step => ({
  type: "other",
  raw,
});
export const hang: Control = { type: "hang" };
export const cut: Control = { type: "cut" };
export const reset: Control = { type: "reset" };

/** A tool call. An object is sent as JSON in pieces of `pieceLength` characters; pieces are sent as they are. */
export function toolCall(
  name: string,
  input: Record<string, unknown> | Piece[],
  options: { id?: string; pieceLength?: number } = {},
): ToolCallStep {
  const pieces = Array.isArray(input)
    ? input
    : inPieces(JSON.stringify(input), options.pieceLength ?? 8);
  return { type: "tool-call", name, input: pieces, ...(options.id ? { id: options.id } : {}) };
}

export function failure(
  kind: FailureKind,
  options: { headers?: Record<string, string>; message?: string } = {},
): Failure {
  return { type: "failure", kind, headers: {}, ...options };
}

export function makeGate(): Gate {
  const reached = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  return {
    type: "gate",
    get reached() {
      return within("a stream that stands before the gate", reached.promise);
    },
    open: opened.resolve,
    async pass() {
      reached.resolve();
      await opened.promise;
    },
  };
}

function inPieces(whole: string, length: number): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < whole.length; at += length) pieces.push(whole.slice(at, at + length));
  return pieces;
}
