/** The interface of a tool: a validated input, then a call that was prepared from it, with what it needs to be allowed, and runs under a signal. */
import type { z } from "zod";
import type { EditForm, EventBody, FileRef, JobLimitHit, MediaType } from "../../shared/protocol";
import type { Access } from "../../shared/rules";
import type { StoredFile } from "../attachments/attachments";
import type { JobEnd, Jobs } from "../processes/jobs";
import type { OutputStore } from "./outputs/output-store";

export interface Tool<Input = unknown> {
  readonly name: string;
  /** For the model: what it does, when to use it, what it returns. */
  readonly description: string;
  readonly input: z.ZodType<Input>;
  /** It is for models that change files so; without it, for all. */
  readonly editForm?: EditForm;
  /** Whether models are offered it now; without it, always. */
  isOffered?(): boolean;
  /** What the model is told of the input, where `input` does not say it. */
  readonly inputSchema?: Record<string, unknown>;
  /**
   * Finds out what the call would touch, and changes nothing. Throws ToolError on an impossible input, the signal's reason
   * when it aborts.
   */
  prepare(
    input: Input,
    context: ToolContext,
    signal: AbortSignal,
  ): PreparedCall | Promise<PreparedCall>;
}

/** A call whose `run` uses what its `access` names: a path is resolved once, before the user is asked. */
export interface PreparedCall {
  /** What it does, for the rules and the user to allow; undefined when there is nothing to allow. */
  access?: Access;
  /** It changes no file here: it waits for no recording of the directory, and an undo does not wait for it. */
  changesNothing?: true;
  /**
   * Does the work, under the signal that it was prepared with. Resolves when its effect has happened, even if the signal has
   * aborted meanwhile. Throws ToolError with a message for the model when it failed, and the signal's reason only if it was
   * stopped before its effect was complete. What was given to `context.output` and `context.changed` is kept in every case.
   */
  run(): Promise<ToolResult>;
}

export interface ToolResult {
  /** Appended to the streamed output; omitted when all of it was streamed. */
  output?: string;
  /** What it shows to the model besides, as `context.files` has kept it. */
  files?: FileRef[];
}

export interface ToolContext {
  /** The session's working directory, absolute and without links. */
  readonly cwd: string;
  readonly sessionId: string;
  readonly runId: string;
  /** The id of the tool call's part. */
  readonly toolCallId: string;
  /** Undefined for a call of the session's own agent. */
  readonly subagentId: string | undefined;
  readonly jobs: Jobs;
  readonly files: FileKeeper;
  /** Directories that commands can read in any sandbox. */
  readonly readable: () => string[];
  readonly outputs: OutputStore;
  /** The session is in plan mode now: nothing is changed. */
  readonly readsOnly: boolean;
  /** What language servers say about files that the call has changed: empty, or for the model. Never throws; an abort ends the wait. */
  diagnose(paths: readonly string[], signal: AbortSignal): Promise<string>;
  /** Streams output. */
  output(text: string): void;
  /** Adds to what the call has changed in files, as a unified diff: it is shown however the call ends. */
  changed(diff: string): void;
  /** Its command has reached a limit of the machine. */
  limitReached(hit: JobLimitHit): void;
  /** Says to people how far it is; undefined: nothing more is known. */
  progress(text: string | undefined): void;
  /** Aborts when a stop of this call wants no time to be given to anything. */
  readonly hardSignal: AbortSignal;
  /**
   * What a stop of this call did to what outlives calls: it ended a process of the session, or could only tell a service, which
   * does not confirm it.
   */
  stopped(what: JobEnd | "told"): void;
  /** Emits an event of what runs under this call (a subagent); resolves once it is applied. */
  emit(event: EventBody): Promise<void>;
}

/** How much of an output is shown. */
export interface OutputBounds {
  headCharacters: number;
  tailCharacters: number;
}

/** Enough for the result of a build or a test run, and little enough to fit in a model's context many times. */
export const outputBounds: OutputBounds = { headCharacters: 20_000, tailCharacters: 10_000 };

/** Keeps the files that a tool shows to the model. */
export interface FileKeeper {
  /** Why the model cannot be shown a file of this kind, as a clause; undefined when it can. */
  whyNotTaken(mediaType: MediaType): string | undefined;
  /** Throws FileRefusedError, what the disk throws, or the signal's reason. */
  keep(content: Uint8Array, signal: AbortSignal): Promise<StoredFile>;
  /** The files that messages of the session name, the oldest first. */
  attached(): FileRef[];
  /** The content of a kept file; undefined when it is gone. Throws the signal's reason. */
  read(hash: string, signal: AbortSignal): Promise<Buffer | undefined>;
}

/** A failure whose message is for the model, which can act on it. */
export class ToolError extends Error {
  override readonly name = "ToolError";
}
