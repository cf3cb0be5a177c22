/** The interface of a tool: a validated input, the permission it needs, and a run under a signal. */
import type { z } from "zod";
import type { EventBody } from "../../shared/protocol";
import type { Access } from "../../shared/rules";
import type { Jobs } from "../processes/jobs";

export interface Tool<Input = unknown> {
  readonly name: string;
  /** For the model: what it does, when to use it, what it returns. */
  readonly description: string;
  readonly input: z.ZodType<Input>;
  /** What this call does, for the rules and the user to allow; undefined when nothing. Throws ToolError on an impossible input. */
  permission(input: Input, context: ToolContext): Access | undefined | Promise<Access | undefined>;
  /**
   * Does the work. Resolves when its effect has happened, even if the signal has aborted meanwhile. Throws ToolError with a
   * message for the model when it failed, and the signal's reason only if it was stopped before its effect was complete.
   * What was given to `context.output` is kept in every case.
   */
  run(input: Input, context: ToolContext, signal: AbortSignal): Promise<ToolResult>;
}

export interface ToolResult {
  /** Appended to the streamed output; omitted when all of it was streamed. */
  output?: string;
  /** A unified diff of the files that it changed. */
  diff?: string;
}

export interface ToolContext {
  /** The session's working directory, absolute. */
  readonly cwd: string;
  readonly sessionId: string;
  readonly runId: string;
  /** The id of the tool call's part. */
  readonly toolCallId: string;
  /** Undefined for a call of the session's own agent. */
  readonly subagentId: string | undefined;
  readonly jobs: Jobs;
  /** Streams output. */
  output(text: string): void;
  /** Emits an event of what runs under this call (a subagent); resolves once it is applied. */
  emit(event: EventBody): Promise<void>;
}

/** A failure whose message is for the model, which can act on it. */
export class ToolError extends Error {
  override readonly name = "ToolError";
}
