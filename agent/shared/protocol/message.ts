/** A message and its parts: text, reasoning, tool calls with their approvals and subagents, interruptions. */
import type { Outcome, Stop } from "./stop";
import type { Usage } from "./usage";

/** What went wrong, in words a person can act on. `code` is stable, `message` is not. */
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
  /** User messages: what the model is told besides, of a run before that was stopped or taken back. */
  note?: string;
  /** User messages: the run in whose place it stands. The model is told nothing more of that one; it stays here for people. */
  retryOf?: string;
  /**
   * Its text sums up what stands before it, and the model is told it instead, once it is whole. What stands before it
   * stays here for people. `keeps`: the first message before it that the model is still told. `undoneAt`: when it was
   * taken back; the model is told everything again.
   */
  summary?: { keeps?: string; undoneAt?: number };
  /** Assistant messages: absent while being written. */
  outcome?: Outcome;
  error?: ErrorInfo;
  usage?: Usage;
  provider?: string;
  model?: string;
}

export type Part = TextPart | ReasoningPart | ToolCallPart | InterruptionPart;

export interface TextPart {
  type: "text";
  id: string;
  text: string;
  /** Opaque data that the same provider needs to get back (a signature, an item id). */
  meta?: PartMeta;
}

export interface ReasoningPart {
  type: "reasoning";
  id: string;
  text: string;
  startedAt: number;
  /** Absent while it is being written, and for ever if a stop cut it. */
  endedAt?: number;
  meta?: PartMeta;
}

/** What one provider attached to one part. It is sent back to that provider byte for byte, and to no other. */
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
  /** The input as the model writes it: JSON, possibly unfinished. */
  inputText: string;
  /** The parsed input; absent until the model has written it whole. */
  input?: unknown;
  state: ToolCallState;
  /** What the tool has put out so far. This, with the marker, is what the model sees. */
  output: string;
  /** A unified diff of what the call changed in files. */
  diff?: string;
  /** Why it failed. The model sees it too. */
  error?: string;
  /** Absent for a call that never started. */
  startedAt?: number;
  endedAt?: number;
  stop?: Stop;
  approval?: Approval;
  subagent?: Subagent;
  meta?: PartMeta;
}

export interface Approval {
  id: string;
  kind: "edit" | "command" | "outside";
  /** What is asked, as one line: a command, a path. */
  subject: string;
  /** What "always in this session" would allow, in words. */
  always: string;
  reply?: ApprovalReply;
}

export interface ApprovalReply {
  decision: "once" | "session" | "deny";
  /** A word to the model, with "deny". */
  message?: string;
}

export type SubagentRole = "simple" | "complex" | "researcher";

/** A loop under a tool call; its id is the id of that tool call's part. */
export interface Subagent {
  role: SubagentRole;
  title: string;
  provider: string;
  model: string;
  messages: Message[];
  retry?: Retry;
  usage: Usage;
}

export interface InterruptionPart {
  type: "interruption";
  id: string;
  stop: Stop;
}

/** A failed model request that is waiting to be sent again. */
export interface Retry {
  attempt: number;
  of: number;
  /** Milliseconds since the epoch. */
  at: number;
  error: ErrorInfo;
}
