/** Everything that crosses the wire: the events, and re-exports of the types of their contents. */
import type { Approval, ApprovalReply } from "./protocol/approval";
import type { Changes } from "./protocol/changes";
import type { HookRecord } from "./protocol/hook";
import type { LimitReached, UnpricedModel } from "./protocol/limits";
import type {
  ErrorInfo,
  FileRef,
  Message,
  Part,
  PartMeta,
  Retry,
  Subagent,
  ToolCallPart,
} from "./protocol/message";
import type { BackgroundProcess } from "./protocol/process";
import type { Receipt } from "./protocol/receipt";
import type { Pause, QueuedMessage, Run } from "./protocol/run";
import type { Sentence } from "./protocol/sentence";
import type { Session, SessionPatch, SessionSummary } from "./protocol/session";
import type { Outcome, Stop, StopPoint } from "./protocol/stop";
import type { PlanEntry } from "./protocol/todo";
import type { Usage } from "./protocol/usage";

export type * from "./protocol/approval";
export type * from "./protocol/changes";
export * from "./protocol/cluster";
export * from "./protocol/command-settings";
export * from "./protocol/definition";
export * from "./protocol/hook";
export type * from "./protocol/language-server";
export * from "./protocol/session-engine";
export * from "./protocol/job-limits";
export * from "./protocol/limits";
export * from "./protocol/machine";
export * from "./protocol/sentence";
export type * from "./protocol/mcp";
export type * from "./protocol/mcp-entries";
export * from "./protocol/memory";
export type * from "./protocol/message";
export * from "./protocol/models";
export * from "./protocol/accounts";
export type * from "./protocol/process";
export type * from "./protocol/projects";
export type * from "./protocol/push";
export * from "./protocol/proof";
export type * from "./protocol/receipt";
export * from "./protocol/review-answer";
export type * from "./protocol/run";
export * from "./protocol/schedule";
export * from "./protocol/search-answer";
export * from "./protocol/session";
export * from "./protocol/signed-in";
export * from "./protocol/stop";
export * from "./protocol/todo";
export * from "./protocol/usage";
export * from "./protocol/wire-version";

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
  /** Another branch is shown: the one that ends with this run. */
  | { type: "branch-change"; tip: string; at: number; context?: Session["context"] & {} }
  /** Without a pause: resumed. */
  | { type: "run-pause"; runId: string; pause?: Pause; heldMs?: number; agreed?: Run["agreed"] }
  | { type: "run-near"; runId: string; near?: LimitReached }
  /** Without a stall: something has come, or the request is over. */
  | { type: "run-stall"; runId: string; stall?: Run["stall"] }
  | { type: "run-connecting"; runId: string; connecting?: Run["connecting"] }
  | { type: "run-starting"; runId: string; starting?: Run["starting"] }
  /** A limit in dollars applies, and the price of a model of the run is not known. */
  | ({ type: "run-unpriced"; runId: string } & UnpricedModel)
  /**
   * A model of `provider` was asked for a title after this run, or for the message of a commit. Without a title: it gave none,
   * or was stopped.
   */
  | { type: "session-title"; runId: string; provider: string; title?: string; usage: Usage }
  | { type: "queue-change"; queue: QueuedMessage[] }
  /** The whole list, in the place of what came before; without entries there is none. */
  | { type: "todo-change"; runId: string; entries: PlanEntry[]; at: number }
  /** The model is no longer sent the outputs of these calls. */
  | { type: "outputs-drop"; agentId?: string; partIds: string[] }
  | { type: "retry-start"; agentId?: string; runId: string; retry: Retry }
  | { type: "retry-end"; agentId?: string; runId: string }
  | { type: "message-start"; agentId?: string; message: Message }
  /** What precedes the message is sent again as plain text; `only`: without its files. */
  | ({ type: "history-refused"; error: ErrorInfo; only?: "files" } & InMessage)
  | ({ type: "part-start"; part: Part } & InMessage)
  | ({ type: "part-delta"; field: "text" | "input" | "output"; delta: string } & InPart)
  /** The tool's output so far, in the place of what came before. */
  | ({ type: "output-replace"; output: string } & InPart)
  /** More is known of an engine's call. */
  | ({ type: "tool-change"; name?: string; title?: string; input?: unknown } & InPart)
  /** How far a call is, in words of its tool; without them: nothing more is known. Only people see it. */
  | ({ type: "tool-progress"; progress?: string } & InPart)
  | ({ type: "plan-change"; entries: PlanEntry[] } & InPart)
  | ({ type: "part-end"; at: number; input?: unknown; meta?: PartMeta } & InPart)
  | ({ type: "approval-request"; approval: Approval } & InPart)
  | ({ type: "approval-reply"; reply: ApprovalReply } & InPart)
  | ({ type: "tool-start"; at: number } & InPart)
  /** Its effect has happened; hooks follow, and then its end. */
  | ({ type: "tool-done"; at: number } & InPart)
  | ({ type: "hook-start"; hook: HookRecord } & InPart)
  | ({ type: "hook-end"; hook: HookRecord } & InPart)
  | ({ type: "tool-end"; at: number; outcome: Outcome } & ToolEnd & InPart)
  | ({ type: "subagent-start"; subagent: Subagent } & InPart)
  | ({ type: "subagent-end"; outcome: Outcome } & InPart)
  /** What an engine's message has used so far, in the place of what came before: it counts when the message ends. */
  | ({ type: "message-usage"; usage: Usage } & InMessage)
  | ({
      type: "message-end";
      outcome: Outcome;
      usage?: Usage;
      context?: Session["context"];
      error?: ErrorInfo;
    } & InMessage)
  | ({
      type: "summary-undo";
      at: number;
      context: NonNullable<Session["context"]>;
    } & InMessage)
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
  /** A hook after its end: begun, and again once it has ended. */
  | { type: "run-hook"; runId: string; hook: HookRecord }
  | { type: "run-receipt"; runId: string; receipt: Receipt };

/** Sent again after a repeated stop: it replaces what the first one said. */
type ProcessEnd = Pick<
  BackgroundProcess,
  "endedAt" | "exitCode" | "signalName" | "limitHit" | "stop" | "survivors" | "proof"
> & { outcome: Outcome };

interface ToolEnd {
  diff?: string;
  files?: FileRef[];
  outputFile?: ToolCallPart["outputFile"];
  limitHit?: ToolCallPart["limitHit"];
  error?: string;
  stop?: Stop;
  told?: true;
}

/** An event as it travels: `seq` increases within its session and is the `id:` of the SSE frame. */
export type SessionEvent = EventBody & { seq: number };

/** Sent beside a session's events, to viewers that draw the side bar; it has no `id:`. */
export type ListEvent =
  | { type: "session-changed"; summary: SessionSummary }
  | { type: "session-removed"; id: string }
  | UploadsStopped
  /** The notes about the project with this root have changed. */
  | { type: "memory-changed"; root: string }
  | { type: "schedules-changed" }
  /** Files in this directory were undone, reverted or committed: a review of it is read again. */
  | { type: "files-changed"; cwd: string }
  /** What a person has set for a project, or tells models everywhere, has changed. */
  | { type: "projects-changed" }
  /** A machine of the cluster went away, came back or joined, or the database that they share did. */
  | { type: "cluster-changed" }
  | StorageChanged;

/** A stop of this session, or without one of everything, means its uploads too: a page drops those that it has not begun yet. */
export interface UploadsStopped {
  type: "uploads-stopped";
  sessionId?: string;
}

/** What a stream of one session brings: its events, and between them whether the server can save. */
export type StreamEvent = SessionEvent | StorageChanged;

/**
 * To every viewer, also without the side bar. `trouble`: why nothing can be saved now; `missing`: what the start found to be
 * missing, until a person confirms it. Both in sentences that a person can act on. `unshared`: the database that several
 * machines share does not answer this one.
 */
export interface StorageChanged {
  type: "storage-changed";
  trouble?: string;
  missing?: string;
  unshared?: Unshared;
}

/** What happens is on this machine's disk alone. */
export interface Unshared {
  /** What the database or the network said. */
  reason: string;
  /** The same, to be translated. */
  said?: Sentence;
  /** For so long that runs pause until it answers. */
  holds?: true;
}
