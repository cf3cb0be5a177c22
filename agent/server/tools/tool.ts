/** What a tool is: a validated input, a run under a signal, and a word on what must be allowed first. */
import type { z } from "zod";
import type { Approval, EventBody } from "../../shared/protocol";
import type { Jobs } from "../processes/jobs";

export interface Tool<Input = unknown> {
  readonly name: string;
  /** For the model: what it does, when to use it, what it gives back. */
  readonly description: string;
  readonly input: z.ZodType<Input>;
  /** What a person must allow before this call runs, or nothing when it is free. Throws ToolError on an impossible input. */
  permission(
    input: Input,
    context: ToolContext,
  ): PermissionRequest | undefined | Promise<PermissionRequest | undefined>;
  /**
   * Does the work. Resolves when its effect has happened, even if an abort came meanwhile; throws ToolError with a message
   * for the model when it could not; throws the signal's reason only if it was stopped before its effect was whole.
   * Output given to `context.output` so far is kept in every case.
   */
  run(input: Input, context: ToolContext, signal: AbortSignal): Promise<ToolResult>;
}

/** What must be allowed. `key` names what "always in this session" allows: an equal key is not asked again. */
export type PermissionRequest = Omit<Approval, "id" | "reply"> & { key: string };

export interface ToolResult {
  /** Added to the output after what was streamed; omitted when all of it was. */
  output?: string;
  /** A unified diff of what changed in files. */
  diff?: string;
}

export interface ToolContext {
  /** The session's working directory, absolute. */
  readonly cwd: string;
  readonly sessionId: string;
  readonly runId: string;
  /** The id of the tool call's part. */
  readonly toolCallId: string;
  /** The subagent that makes the call. */
  readonly subagentId: string | undefined;
  readonly jobs: Jobs;
  /** Shows output as it comes. */
  output(text: string): void;
  /** Passes on the events of what runs under this call (a subagent); resolves once the event was applied. */
  emit(event: EventBody): Promise<void>;
}

/** A failure that the model should read and can act on. */
export class ToolError extends Error {
  override readonly name = "ToolError";
}
