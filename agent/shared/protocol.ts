/** All that crosses the wire: the events are here, and what they tell of, by subject, can be had from here. */
import type { Changes } from "./protocol/changes";
import type { LimitReached } from "./protocol/limits";
import type {
  Approval,
  ApprovalReply,
  ErrorInfo,
  Message,
  Part,
  PartMeta,
  Retry,
  Subagent,
} from "./protocol/message";
import type { BackgroundProcess } from "./protocol/process";
import type { Receipt } from "./protocol/receipt";
import type { Pause, QueuedMessage, Run } from "./protocol/run";
import type { Session, SessionPatch, SessionSummary } from "./protocol/session";
import type { Outcome, Stop, StopPoint } from "./protocol/stop";
import type { Usage } from "./protocol/usage";

<<<<<<< HEAD
export type * from "./protocol/changes";
export type * from "./protocol/limits";
export type * from "./protocol/message";
export type * from "./protocol/models";
export type * from "./protocol/process";
export type * from "./protocol/receipt";
export type * from "./protocol/run";
export type * from "./protocol/session";
export * from "./protocol/stop";
export * from "./protocol/usage";
=======
/** How anything that was started ended. A stop is never an error. */
export type Outcome = "done" | "failed" | "stopped";

export type Permissions = "ask" | "edits" | "all";

export type OnDisconnect = "stop" | "continue";

/** What went wrong, in words a person can act on. `code` is stable, `message` is not. */
export interface ErrorInfo {
  code: string;
  message: string;
}

/** Token counts. `estimated` is true when the provider never said (a stop loses its final count). `costUsd` only where the price is known. */
export interface Usage {
  inputTokens: number;
  outputTokens: number;
  estimated: boolean;
  costUsd?: number;
}

/** "pause" cuts a model's answer and never a run: the run takes it up again. */
export type StopBy = "user" | "disconnect" | "timeout" | "budget" | "shutdown" | "crash" | "pause";
export type StopFrom = "web" | "terminal" | "api" | "server";

/** Where a run was when the stop came. */
export type StopPoint =
  | "start"
  | "model"
  | "reasoning"
  | "text"
  | "tool-input"
  | "approval"
  | "tool"
  | "subagent"
  | "summary"
  | "retry"
  | "pause";

/** Who stopped, from where, and when (milliseconds since the epoch). It is also the `reason` of the aborted signal. */
export interface Stop {
  by: StopBy;
  from: StopFrom;
  askedAt: number;
}

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

export type Part = TextPart | ReasoningPart | ToolCallPart | InterruptionPart;

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

/** A failed model request that is waiting to be sent again. */
export interface Retry {
  attempt: number;
  of: number;
  /** Milliseconds since the epoch. */
  at: number;
  error: ErrorInfo;
}

export type RunState = "running" | "waiting" | "stopping" | "settled";

/** A run that is held: nothing new starts in it until it is resumed. */
export interface Pause {
  /** pausing: something of it still moves (a part being written, a tool). paused: nothing does. */
  state: "pausing" | "paused";
  from: StopFrom;
  askedAt: number;
  /** A limit holds it, and a person decides: go on by so much, or stop. */
  reached?: LimitReached;
}

/** What a run, or all runs of a day, may use. Absent: no limit. */
export interface LimitValues {
  turns?: number;
  minutes?: number;
  tokens?: number;
  usd?: number;
}

export interface Limits {
  run: LimitValues;
  day: LimitValues;
  /** At a limit: hold the run and ask, or stop it. */
  atLimit: "ask" | "stop";
  /** A run in which nothing happens for so long is held, and asks. */
  stallMinutes?: number;
}

export type LimitKind = keyof LimitValues | "stall";

export interface LimitReached {
  scope: "run" | "day";
  kind: LimitKind;
  used: number;
  of: number;
}

/** A message that a person wrote while a run went on. */
export interface QueuedMessage {
  id: string;
  text: string;
  createdAt: number;
  /**
   * run: sent when the run is done. turn: given to this run's model before its next turn.
   * person: a stop or a failure came first; only a person sends it now.
   */
  waitsFor: "run" | "turn" | "person";
}

/** One user message until settled. */
export interface Run {
  id: string;
  /** It only sums up the conversation, and no message of a person belongs to it. */
  sumsUp?: true;
  state: RunState;
  startedAt: number;
  endedAt?: number;
  outcome?: Outcome;
  error?: ErrorInfo;
  stop?: Stop & { point: StopPoint };
  pause?: Pause;
  /** For how long it was held before, in milliseconds. */
  heldMs?: number;
  /** In the place of the server's own. */
  limits?: LimitValues;
  /** What a person has allowed besides. */
  more?: { run?: LimitValues; day?: LimitValues };
  /** The limit that is near. */
  near?: LimitReached;
  retry?: Retry;
  usage: Usage;
  receipt?: Receipt;
  /** Absent for runs of before this was recorded. */
  changes?: Changes;
}

/** What a run did; when it was stopped, what the stop ended. Times in milliseconds. */
export interface Receipt {
  /** Absent when the run ended by itself. */
  stop?: Stop & { point: StopPoint };
  /** The command, call or subagents that the stop found at work, as one line. */
  during?: string;
  /** From the stop until everything was closed and dead; 0 without a stop. */
  settledMs: number;
  /** Requests that the model was sent. */
  modelCalls: number;
  /** Those that were open when the stop came, and are closed. */
  modelCallsClosed: number;
  /** From the stop until the last of them was closed; absent when none was open. */
  modelClosedMs?: number;
  /** Every call of the run, its subagents' included, in the order in which they were made. */
  toolCalls: ReceiptToolCall[];
  /** Processes that were alive when the stop came. */
  processes: EndedProcess[];
  /** Processes that could not be killed: what a person must look after. */
  survivors: Survivor[];
  subagents: ReceiptSubagent[];
  usage: Usage;
}

export interface ReceiptToolCall {
  id: string;
  name: string;
  /** The command, the path: what the call was about, as one line. */
  subject: string;
  outcome: Outcome | "never-started";
  /** The end of what it had put out. */
  output: string;
  /** The subagent that made it. */
  subagentId?: string;
}

export interface ReceiptSubagent {
  id: string;
  title: string;
  outcome: Outcome;
  toolCalls: number;
  usage: Usage;
}

export interface EndedProcess {
  pid: number;
  command: string;
  /** From the stop until it was seen dead. */
  endedMs?: number;
}

/** What a run changed in its working directory, whoever did it: a tool, a command, a subagent. */
export interface Changes {
  /** pending: it is still being looked at, and a `run-changes` follows. unknown: see `reason`. */
  state: "pending" | "known" | "unknown";
  reason?: string;
  /** The first hundred, by name. */
  files: FileChange[];
  count: number;
  /** What cannot be known, in whole sentences. */
  unseen: string[];
  /** When they were taken back; absent while they stand. */
  undoneAt?: number;
  /** When they were brought back after that. */
  redoneAt?: number;
}

export interface FileChange {
  /** Relative to the working directory. */
  path: string;
  kind: "created" | "changed" | "deleted" | "renamed";
  /** Of a renamed file: what it was called. */
  from?: string;
}

export interface Survivor {
  pid: number;
  command: string;
  reason: string;
}

/** A process that outlives the call that started it: a server, a watcher, whatever a command left running. */
export interface BackgroundProcess {
  /** Unique in its session, and short: the model writes it. */
  id: string;
  /** As the model wrote it. */
  command: string;
  /** Of the command's main process. */
  pid: number;
  runId: string;
  toolCallId: string;
  /** The subagent that started it. */
  subagentId?: string;
  startedAt: number;
  /** A stop of its run leaves it running. */
  pinned: boolean;
  state: "running" | "stopping" | Outcome;
  endedAt?: number;
  /** Of a process that ended by itself: one of the two. */
  exitCode?: number;
  signalName?: string;
  /** Who stopped it. */
  stop?: Stop;
  /** What the stop could not end. */
  survivors?: Survivor[];
}

/** What is asked of the system about a living process while somebody looks: `GET /api/sessions/:id/processes`. */
export interface ProcessLook {
  /** Of a background process its own; else the job's. */
  id: string;
  /** Set when it belongs to a tool call that runs now: to be stopped with that. */
  toolCallId?: string;
  command: string;
  pid: number;
  startedAt: number;
  /** Of all its processes: how many, their processor time since their start, their memory, the TCP ports they listen on. */
  processes: number;
  cpuMs: number;
  memoryBytes: number;
  ports: number[];
  /** The last line it has put out, of a background process. */
  lastLine?: string;
}

/** What a background process has put out from `from` on: `GET /api/sessions/:id/processes/:processId/output?after=`. */
export interface ProcessOutput {
  text: string;
  /** In characters since its start. Later than `after` when what is between is no longer held. */
  from: number;
  /** To be given as `after` next time. */
  next: number;
}

export interface Session {
  id: string;
  title: string;
  cwd: string;
  provider: string;
  model: string;
  permissions: Permissions;
  /** What the user has allowed "always in this session": keys made by the approvals. */
  allowed: string[];
  createdAt: number;
  updatedAt: number;
  messages: Message[];
  /** Of a long session a page has only the newest messages, and their runs: how many stand before them. */
  earlier?: number;
  runs: Run[];
  /** Those in the background that live, and the last ones that ended. Absent until there has been one. */
  processes?: BackgroundProcess[];
  usage: Usage;
  /** In the order in which they are sent. */
  queue: QueuedMessage[];
  /** Tokens that the last request to the model held, and how many it can hold where that is known. */
  context?: { usedTokens: number; windowTokens?: number };
  /** The id of the last event applied. */
  seq: number;
}

/** A session without its messages: a row of the side bar. */
export interface SessionSummary {
  id: string;
  title: string;
  cwd: string;
  provider: string;
  model: string;
  createdAt: number;
  updatedAt: number;
  state: "idle" | Pause["state"] | Exclude<RunState, "settled">;
  outcome?: Outcome;
  /** How many live in its background; absent when none does. */
  processes?: number;
}

/** The settings of a session that a person may change, and those the server changes for them. */
export type SessionPatch = Partial<
  Pick<Session, "title" | "cwd" | "provider" | "model" | "permissions" | "allowed">
>;
>>>>>>> f93d7a1 (wip)

/** Events about a message carry `agentId` when that message is a subagent's. */
interface InMessage {
  agentId?: string;
  messageId: string;
}
interface InPart extends InMessage {
  partId: string;
}

export type EventBody =
  | { type: "snapshot"; session: Session }
  | { type: "session-update"; patch: SessionPatch; at: number }
  | { type: "run-start"; sessionId: string; run: Run }
  | { type: "run-waiting"; runId: string; waiting: boolean }
  /** Without a pause: resumed. */
  | { type: "run-pause"; runId: string; pause?: Pause; heldMs?: number; more?: Run["more"] }
  | { type: "run-near"; runId: string; near?: LimitReached }
  | { type: "queue-change"; queue: QueuedMessage[] }
  | { type: "retry-start"; agentId?: string; runId: string; retry: Retry }
  | { type: "retry-end"; agentId?: string; runId: string }
  | { type: "message-start"; agentId?: string; message: Message }
  | ({ type: "part-start"; part: Part } & InMessage)
  | ({ type: "part-delta"; field: "text" | "input" | "output"; delta: string } & InPart)
  | ({ type: "part-end"; at: number; input?: unknown; meta?: PartMeta } & InPart)
  | ({ type: "approval-request"; approval: Approval } & InPart)
  | ({ type: "approval-reply"; reply: ApprovalReply } & InPart)
  | ({ type: "tool-start"; at: number } & InPart)
  | ({ type: "tool-end"; at: number; outcome: Outcome } & ToolEnd & InPart)
  | ({ type: "subagent-start"; subagent: Subagent } & InPart)
  | ({ type: "subagent-end"; outcome: Outcome } & InPart)
  | ({
      type: "message-end";
      outcome: Outcome;
      usage?: Usage;
      context?: Session["context"];
      error?: ErrorInfo;
    } & InMessage)
  | ({ type: "summary-undo"; at: number; context: Session["context"] } & InMessage)
  | { type: "process-start"; process: BackgroundProcess }
  | {
      type: "process-update";
      processId: string;
      patch: Partial<Pick<BackgroundProcess, "pinned" | "state">>;
    }
  | ({ type: "process-end"; processId: string } & ProcessEnd)
  | { type: "run-stopping"; runId: string; stop: Stop & { point: StopPoint } }
  | {
      type: "run-end";
      runId: string;
      at: number;
      outcome: Outcome;
      error?: ErrorInfo;
      receipt?: Receipt;
      changes?: Changes;
      usage: Usage;
    }
  | { type: "run-changes"; runId: string; changes: Changes }
  | { type: "run-receipt"; runId: string; receipt: Receipt };

/** A stop that is tried again ends a process a second time: what was said then gives way. */
type ProcessEnd = Pick<
  BackgroundProcess,
  "endedAt" | "exitCode" | "signalName" | "stop" | "survivors"
> & { outcome: Outcome };

interface ToolEnd {
  diff?: string;
  error?: string;
  stop?: Stop;
}

/** An event as it travels: `seq` increases within its session and is the `id:` of the SSE frame. */
export type SessionEvent = EventBody & { seq: number };

/** Sent beside a session's events to viewers that draw the side bar; it has no `id:`. */
export type ListEvent =
  | { type: "session-changed"; summary: SessionSummary }
  | { type: "session-removed"; id: string }
  /** Whether what happens can be saved now; `trouble` says why not, in words a person can act on. */
  | { type: "storage-changed"; trouble?: string };
