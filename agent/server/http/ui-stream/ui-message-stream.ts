/** A run as one message of the AI SDK's UI message stream: its answers are steps, and what Rein alone has is data. Pure. */
import type { UIMessageChunk } from "ai";
import { defined } from "../../../shared/defined";
import { filesOf, textOf, toolCallsOf } from "../../../shared/message-parts";
import {
  interruptionText,
  isOutcome,
  type Message,
  type Part,
  type ReasoningPart,
  type Run,
  type Session,
  type SessionEvent,
  type TextPart,
  type ToolCallPart,
} from "../../../shared/protocol";
import { findMessage, findRun, findToolCall } from "../../../shared/session-lookup";
import { dataChunks, runChunk } from "./ui-data";
import {
  askChunk,
  callChunks,
  fileUrl,
  inputChunk,
  outputChunk,
  pendingApproval,
  replyChunk,
  waitsForReply,
} from "./ui-parts";

/** What a client has of the message already: how many parts of each type, and which calls. */
export interface KnownParts {
  counts: Map<string, number>;
  calls: Set<string>;
}

type PartEvent = Extract<SessionEvent, { messageId: string; partId: string }>;

/** Events of the run that its message has as `data-run`: what it waits for, its pause, its limits. */
const runEvents = /^(run-(start|pause|near|stall|connecting|starting|stopping)|retry-(start|end))$/;

export class UiMessageStream {
  readonly #sessionId: string;
  readonly #runId: string;
  readonly #known: KnownParts | undefined;
  readonly #answered: Set<string>;
  /** Parts of text and reasoning that are being written, and the message that each is in. */
  readonly #open = new Map<string, { type: "text" | "reasoning"; messageId: string }>();
  /** Calls whose output, or whose subagent, has changed since it was sent. */
  readonly #changed = new Set<string>();
  #isBegun = false;
  #isOver = false;

  /** `answered`: approvals of the run whose reply is on its way. */
  constructor(
    sessionId: string,
    runId: string,
    known?: KnownParts,
    answered: Set<string> = new Set(),
  ) {
    this.#sessionId = sessionId;
    this.#runId = runId;
    this.#known = known;
    this.#answered = answered;
  }

  /** No chunk follows: the run has ended, or waits for a reply, which comes with the next request. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether `changes` would give something. */
  get hasChanges(): boolean {
    return this.#changed.size > 0;
  }

  /** What there is of the run, if it has begun. */
  begin(session: Session): UIMessageChunk[] {
    const run = findRun(session, this.#runId);
    if (run === undefined) return [];
    const messages = session.messages.filter(({ runId }) => runId === run.id);
    const chunks = [
      ...this.#start(session),
      ...messages.flatMap((message) => this.#message(session, message)),
    ];
    if (run.state === "settled") return [...chunks, ...this.#end(run)];
    return [...chunks, ...this.#holdIfWaiting(session)];
  }

  /** What an event means, of which `session` has the effect already. */
  after(session: Session, event: SessionEvent): UIMessageChunk[] {
    if (this.#isOver) return [];
    const chunks = this.#ofEvent(session, event);
    return this.#isOver ? chunks : [...chunks, ...this.#holdIfWaiting(session)];
  }

  /** The output of calls that run, as it is now. */
  changes(session: Session): UIMessageChunk[] {
    const calls = [...this.#changed].map((id) => findToolCall(session, id));
    this.#changed.clear();
    return calls.flatMap((call) =>
      call === undefined || isOutcome(call.state) || pendingApproval(call)
        ? []
        : [outputChunk(call, this.#sessionId)],
    );
  }

  #ofEvent(session: Session, event: SessionEvent): UIMessageChunk[] {
    if ("runId" in event) return event.runId === this.#runId ? this.#ofRun(session, event) : [];
    switch (event.type) {
      case "run-start":
        return event.run.id === this.#runId
          ? [...this.#start(session), runChunk(session, event.run)]
          : [];
      case "message-start":
        if (event.message.runId !== this.#runId) return [];
        return event.agentId
          ? this.#callChanged(event.agentId)
          : this.#message(session, event.message);
      case "part-start":
      case "message-end":
        return this.#ofMessage(session, event);
      default:
        return "partId" in event ? this.#ofPart(session, event) : [];
    }
  }

  #ofRun(session: Session, event: Extract<SessionEvent, { runId: string }>): UIMessageChunk[] {
    const run = findRun(session, this.#runId);
    if (run === undefined) return [];
    if (event.type === "run-end") return this.#end(run);
    if ("agentId" in event && event.agentId) return this.#callChanged(event.agentId);
    return runEvents.test(event.type) ? [runChunk(session, run)] : [];
  }

  #ofMessage(
    session: Session,
    event: Extract<SessionEvent, { type: "part-start" | "message-end" }>,
  ): UIMessageChunk[] {
    const message = findMessage(session, event);
    if (message?.runId !== this.#runId || message.summary) return [];
    if (event.agentId) return this.#callChanged(event.agentId);
    if (event.type === "part-start")
      return message.role === "assistant" ? this.#part(message, event.part) : [];
    return this.#endOfMessage(message);
  }

  #ofPart(session: Session, event: PartEvent): UIMessageChunk[] {
    const message = findMessage(session, event);
    const part = message?.parts.findLast(({ id }) => id === event.partId);
    if (message?.runId !== this.#runId || part === undefined) return [];
    if (event.agentId) {
      const holder = findToolCall(session, event.agentId);
      return holder ? this.#ofSubagentCall(holder, part, event) : [];
    }
    if (part.type === "tool-call") return this.#ofCall(part, event);
    if (event.type === "part-end") return this.#close(part.id);
    if (event.type === "part-delta" && (part.type === "text" || part.type === "reasoning"))
      return [...this.#openPart(message, part), ...this.#delta(part.id, event.delta)];
    return dataChunks(part, this.#sessionId);
  }

  #ofCall(call: ToolCallPart, event: PartEvent): UIMessageChunk[] {
    const { id: toolCallId, state } = call;
    switch (event.type) {
      case "part-delta":
        if (event.field !== "input") return this.#callChanged(toolCallId);
        return [{ type: "tool-input-delta", toolCallId, inputTextDelta: event.delta }];
      case "tool-change":
        return call.output === "" && state !== "writing" ? [inputChunk(call)] : [];
      case "part-end":
        return [inputChunk(call)];
      case "approval-request":
        return [askChunk(call, event.approval)];
      case "approval-reply":
        return call.approval ? [replyChunk(call.approval)] : [];
      case "tool-end":
        this.#changed.delete(toolCallId);
        return [outputChunk(call, this.#sessionId)];
      case "tool-start":
        return [];
      default:
        return this.#callChanged(toolCallId);
    }
  }

  /** The holder asks for its subagent: one approval at a time. */
  #ofSubagentCall(holder: ToolCallPart, part: Part, event: PartEvent): UIMessageChunk[] {
    const asked = pendingApproval(holder);
    const isCall = part.type === "tool-call";
    if (event.type === "approval-request" && isCall)
      return asked?.id === event.approval.id ? [askChunk(holder, asked)] : [];
    if (event.type === "approval-reply" && isCall && part.approval)
      return [replyChunk(part.approval), ...(asked ? [askChunk(holder, asked)] : [])];
    return this.#callChanged(holder.id);
  }

  #start(session: Session): UIMessageChunk[] {
    if (this.#isBegun) return [];
    this.#isBegun = true;
    const messageMetadata = { sessionId: session.id, runId: this.#runId };
    return [{ type: "start", messageId: this.#runId, messageMetadata }];
  }

  #message(session: Session, message: Message): UIMessageChunk[] {
    if (message.summary) return [];
    if (message.role === "user") return this.#said(session, message);
    const chunks: UIMessageChunk[] = this.#isKnown("step-start") ? [] : [{ type: "start-step" }];
    for (const part of message.parts) chunks.push(...this.#part(message, part));
    if (message.outcome !== undefined) chunks.push(...this.#endOfMessage(message));
    return chunks;
  }

  /** The lines of a command are shown as calls of the answer: they are no text of the user's. */
  #said(session: Session, message: Message): UIMessageChunk[] {
    const lines = toolCallsOf(message).flatMap((call) => this.#part(message, call));
    return [...this.#steering(session, message), ...lines];
  }

  /** The run's own message is the client's; others were added to the run while it went on. */
  #steering({ messages }: Session, message: Message): UIMessageChunk[] {
    const first = messages.find(({ runId, role }) => runId === this.#runId && role === "user");
    if (first?.id === message.id || this.#isKnown("steering-message")) return [];
    const files = filesOf(message).map((file) => ({
      type: "file" as const,
      mediaType: file.mediaType,
      filename: file.name,
      url: fileUrl(file, this.#sessionId),
    }));
    const parts = [...files, { type: "text" as const, text: textOf(message) }];
    return [{ type: "steering-message", id: message.id, parts }];
  }

  #part(message: Message, part: Part): UIMessageChunk[] {
    if (part.type === "tool-call")
      return callChunks(part, this.#sessionId, this.#known?.calls.has(part.id) ?? false);
    if (part.type !== "text" && part.type !== "reasoning") return dataChunks(part, this.#sessionId);
    if (this.#isKnown(part.type)) return [];
    const begun = this.#openPart(message, part);
    return part.text === "" ? begun : [...begun, ...this.#delta(part.id, part.text)];
  }

  /** Also of a part that the client has, and that was closed when the run waited for a reply. */
  #openPart(message: Message, { type, id }: TextPart | ReasoningPart): UIMessageChunk[] {
    if (this.#open.has(id)) return [];
    this.#open.set(id, { type, messageId: message.id });
    return [{ type: `${type}-start`, id }];
  }

  #delta(id: string, delta: string): UIMessageChunk[] {
    const open = this.#open.get(id);
    return open ? [{ type: `${open.type}-delta`, id, delta }] : [];
  }

  #close(id: string): UIMessageChunk[] {
    const open = this.#open.get(id);
    this.#open.delete(id);
    return open ? [{ type: `${open.type}-end`, id }] : [];
  }

  #endOfMessage(message: Message): UIMessageChunk[] {
    const open = [...this.#open].filter(([, { messageId }]) => messageId === message.id);
    return [...open.flatMap(([id]) => this.#close(id)), { type: "finish-step" }];
  }

  #end(run: Run): UIMessageChunk[] {
    this.#isOver = true;
    const { id: runId, outcome, usage, receipt, stop, error } = run;
    const chunks = [...this.#open.keys()].flatMap((id) => this.#close(id));
    if (receipt) chunks.push({ type: "data-receipt", id: runId, data: receipt });
    const messageMetadata = defined({ runId, outcome, usage, receipt });
    // A client reads nothing after an error.
    if (outcome === "failed")
      return [
        ...chunks,
        { type: "message-metadata", messageMetadata },
        { type: "error", errorText: error?.message ?? "The run failed." },
      ];
    if (outcome === "stopped")
      chunks.push({ type: "abort", reason: interruptionText(stop?.by ?? "user") });
    const finishReason = outcome === "stopped" ? "interrupted" : "stop";
    return [...chunks, { type: "finish", finishReason, messageMetadata }];
  }

  /** A client sends its replies only once the stream has ended. */
  #holdIfWaiting(session: Session): UIMessageChunk[] {
    const run = findRun(session, this.#runId);
    if (run === undefined || !waitsForReply(session, run, this.#answered)) return [];
    this.#isOver = true;
    const open = [...this.#open.keys()].flatMap((id) => this.#close(id));
    return [...open, { type: "finish", finishReason: "tool-calls" }];
  }

  #callChanged(id: string): UIMessageChunk[] {
    this.#changed.add(id);
    return [];
  }

  #isKnown(type: string): boolean {
    const left = this.#known?.counts.get(type) ?? 0;
    this.#known?.counts.set(type, left - 1);
    return left > 0;
  }
}
