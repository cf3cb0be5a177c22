/** The interface of the five wires to the scripted upstream: frames, refusals and errors in the wire's own form. */
import type { Control, Failure, Piece, ScriptedFinish, ScriptedUsage, Step } from "./script";

export type WireName = "anthropic" | "openai" | "openai-chat" | "gemini" | "ollama";

/** The base URL of each wire at a server with this address, in the form that its SDK takes. */
export function baseUrlsAt(url: string): Record<WireName, string> {
  return {
    anthropic: url,
    openai: `${url}/v1`,
    "openai-chat": `${url}/v1`,
    gemini: url,
    ollama: url,
  };
}

/** A piece of the response body, or what happens to the stream at this point. */
export type Frame = string | Control;

export interface WireContext {
  /** The model that was asked for. */
  model: string;
  /** A number that this upstream has not used before, for ids. */
  next: () => number;
}

export interface Wire {
  name: WireName;
  /** Of a stream; that of server-sent events unless given. */
  contentType?: string;
  /** The answer as the service would stream it. Frames after a cut or a reset are not requested. */
  frames(steps: Step[], context: WireContext): Iterable<Frame>;
  /** Why the real service would answer this body with 400; undefined when it would accept it. */
  refuse(body: unknown, model: string): string | undefined;
  /** The service's error response. `key` is what the client sent: OpenAI's own message repeats it. */
  error(failure: Failure, key: string): { status: number; body: unknown };
}

/** An SSE frame with a name, as Anthropic and the Responses API send it. */
export function named(data: { type: string; [field: string]: unknown }): string {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** An SSE frame without a name. */
export function unnamed(data: unknown): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

export function isControl(step: Step): step is Control {
  return ["gate", "hang", "cut", "reset"].includes(step.type);
}

/** One frame per piece; gates pass through. */
export function* eachPiece(pieces: Piece[], frame: (text: string) => string): Generator<Frame> {
  for (const piece of pieces) yield typeof piece === "string" ? frame(piece) : piece;
}

export function joined(pieces: Piece[]): string {
  return pieces.filter((piece) => typeof piece === "string").join("");
}

/** The totals that the script states, or the upstream's own. */
export function usageOf(steps: Step[]): Required<Omit<ScriptedUsage, "type">> {
  const { type: _type, ...counts } = steps.findLast((step) => step.type === "usage") ?? own;
  return { cacheReadTokens: 0, cacheWriteTokens: 0, costUsd: 0.001, ...counts };
}

const own: ScriptedUsage = { type: "usage", inputTokens: 100, outputTokens: 20 };

/** How the script says that the answer ends. */
export function finishOf(steps: Step[]): ScriptedFinish {
  const said = steps.findLast((step) => step.type === "finish");
  if (said) return said.reason;
  if (steps.some((step) => step.type === "refusal")) return "refusal";
  return steps.some((step) => step.type === "tool-call") ? "tool-calls" : "stop";
}

/** A signature that only this upstream makes, to detect reasoning that is sent back changed. */
export function seal(content: string): string {
  return `sealed-${Bun.hash(content).toString(36)}`;
}

/** Signatures that a real service made, each with what it covers. */
const recordedSeals = new Map<string, string>();

/** From now on the upstream takes this signature too: for answers that were recorded from a real service. */
export function trustSeal(signature: string, content: string): void {
  recordedSeals.set(signature, content);
}

/** Whether this upstream, or the service of a recording, made the signature for exactly this content. */
export function isSealOf(signature: string | undefined, content: string): boolean {
  return signature === seal(content) || recordedSeals.get(signature ?? "") === content;
}

export function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
