/** A message and its parts: text, reasoning, tool calls and subagents, interruptions. */
import type { Approval } from "./approval";
import type { CommandCall, DefinitionOrigin } from "./definition";
import type { HookRecord } from "./hook";
import type { JobLimitHit } from "./job-limits";
import type { MediaType } from "./models";
import type { SessionEngine, ToolKind } from "./session-engine";
import type { Outcome, Stop } from "./stop";
import type { PlanEntry } from "./todo";
import type { Usage } from "./usage";

/** An error, with a message that a person can act on. `code` is stable, `message` is not. */
export interface ErrorInfo {
  code: string;
  message: string;
}

export interface Message {
  id: string;
  runId: string;
  role: "user" | "assistant";
  parts: Part[];
  createdAt: number;
  /** User messages: the context note that the model gets with it, about a run that was stopped or undone. */
  note?: string;
  /** User messages: the run that it replaces. The model no longer sees that run; it stays here for people. */
  retryOf?: string;
  /** User messages: the command that a person typed; the text is what came of it. `digest`: of its file. */
  command?: MessageCommand;
  /**
   * Its text sums up the messages before it, and replaces them for the model once it is complete; they stay here for
   * people. `keeps`: the first message before it that the model still sees. `todo`: the session's list at that time, where
   * something of it was to do. `undoneAt`: when the summary was taken back,
   * so that the model sees everything again.
   */
  summary?: { keeps?: string; undoneAt?: number; todo?: PlanEntry[] };
  /**
   * Assistant messages: the service refused the conversation before it, with this error, and was sent it again as plain
   * text. What precedes this message is sent to that provider as plain text from then on.
   */
  plainHistory?: ErrorInfo;
  /** The same for its files alone: what precedes this message is sent to that provider without them. */
  withoutFiles?: ErrorInfo;
  /** Assistant messages: absent while being written. */
  outcome?: Outcome;
  error?: ErrorInfo;
  usage?: Usage;
  provider?: string;
  model?: string;
}

export type MessageCommand = CommandCall & { origin: DefinitionOrigin; digest: string };

export type Part =
  | TextPart
  | FilePart
  | ReasoningPart
  | ToolCallPart
  | OtherPart
  | PlanPart
  | InterruptionPart;

export interface TextPart {
  type: "text";
  id: string;
  text: string;
  /** Opaque data that the same provider needs to get back (a signature, an item id). */
  meta?: PartMeta;
}

/** A picture, a PDF or a text by what it holds: `GET /api/files/:hash` has its bytes. */
export interface FileRef {
  /** For people and models, such as `src/a.ts`; it leads nowhere. */
  name: string;
  /** Found by its content. */
  mediaType: MediaType;
  bytes: number;
  /** SHA-256 of its content, in hex. */
  hash: string;
  /** Of a PDF, where they could be counted. */
  pages?: number;
  /** What in the text has brought it, without the `@`: `src/a.ts:10-20`. */
  mention?: string;
}

/** A file that the user's message brings. */
export interface FilePart extends FileRef {
  type: "file";
  id: string;
}

export interface ReasoningPart {
  type: "reasoning";
  id: string;
  text: string;
  startedAt: number;
  /** Absent while it is being written, and when a stop cut it. */
  endedAt?: number;
  meta?: PartMeta;
}

/** Data that a provider attached to a part. It is sent back unchanged to that provider, and to no other. */
export interface PartMeta {
  provider: string;
  [key: string]: unknown;
}

/**
 * writing: the model is still writing the input. pending: written, not started.
 * waiting: for an approval. running: started. Then the outcome.
 */
export type ToolCallState = "writing" | "pending" | "waiting" | "running" | Outcome;

export interface ToolCallPart {
  type: "tool-call";
  id: string;
  /** The provider's own id of this call. */
  callId: string;
  name: string;
  /** Of an engine's own tools: what it does. */
  kind?: ToolKind;
  /** Of an engine's own tools: what the call is about, where its input does not say so. */
  title?: string;
  /** Of the user's message: a line of its command, which is run before the model is asked. */
  asked?: true;
  /** The input as the model writes it: JSON, possibly unfinished. */
  inputText: string;
  /** The parsed input; absent until it is complete. */
  input?: unknown;
  state: ToolCallState;
  /** The output of the tool so far. The model sees this, with the marker. */
  output: string;
  /** A unified diff of what the call changed in files. */
  diff?: string;
  /** What it gives to the model besides its output. */
  files?: FileRef[];
  /** Why it failed. The model sees it too. */
  error?: string;
  /** The model is no longer sent its output, which stays here for people. */
  outputDropped?: true;
  /** All of its output is kept on the disk. */
  outputFile?: { characters: number };
  /** Its command has reached a limit of the machine. The model is told in the output. */
  limitHit?: JobLimitHit;
  /** Absent for a call that never started. */
  startedAt?: number;
  /** When its effect had happened, where hooks followed it. */
  doneAt?: number;
  endedAt?: number;
  stop?: Stop;
  /** A service was told of its stop, and does not confirm it: it may go on there. */
  told?: true;
  /** How far it is, in words of its tool, while it runs. Only people see it. */
  progress?: string;
  hooks?: HookRecord[];
  approval?: Approval;
  subagent?: Subagent;
  meta?: PartMeta;
}

/** A loop under a tool call; its id is the id of that tool call's part. */
export interface Subagent {
  /** Absent: an engine has sent it out by itself. */
  role?: string;
  /** The engine's own name of its kind. */
  kind?: string;
  /** Its engine cannot stop it alone. */
  notStoppable?: true;
  /** The engine that it runs in the place of Rein's own loop. */
  engine?: SessionEngine;
  title: string;
  provider: string;
  model: string;
  messages: Message[];
  retry?: Retry;
  usage: Usage;
}

/** A part of an answer that is neither text, reasoning nor a call of Rein's tools: the service's own search, a picture, citations. */
export interface OtherPart {
  type: "other";
  id: string;
  /** The service's own name of it, such as `web_search_call`. */
  name: string;
  /** One line about it for people: a query, an address, a size. May be empty. */
  text: string;
  /** As it came, where the service needs it back. */
  meta?: PartMeta;
}

/** What an agent means to do, as it is now. */
export interface PlanPart {
  type: "plan";
  id: string;
  entries: PlanEntry[];
}

/** Where the answer was cut: by a stop or a pause, or by a failure of the service after which the answer goes on in the next message. */
export type InterruptionPart = { type: "interruption"; id: string } & (
  | { stop: Stop; error?: never }
  | { error: ErrorInfo; stop?: never }
);

/** A failed model request that is waiting to be sent again. */
export interface Retry {
  attempt: number;
  of: number;
  /** Milliseconds since the epoch. */
  at: number;
  error: ErrorInfo;
}
