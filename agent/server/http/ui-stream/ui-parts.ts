/** What a tool call, its approval and a subagent are in the AI SDK's UI message stream. Pure: a call in, chunks out. */
import type { UIMessageChunk } from "ai";
import { defined } from "../../../shared/defined";
import { stateOf, subjectOf, textOf, toolCallsOf } from "../../../shared/message-parts";
import {
  type Approval,
  type FileRef,
  interruptionText,
  isOutcome,
  type Message,
  type Run,
  type Session,
  type Subagent,
  type ToolCallPart,
} from "../../../shared/protocol";

/** Of a call that runs, the end of its output is sent, again and again: no more characters than this at once. */
const maxRunningOutput = 4000;
/** Of a subagent that runs, no more of its newest calls than this. */
const maxSubagentCalls = 20;

/** Where a page gets a file, with its credential: the session leads to the server that has it. */
export function fileUrl({ hash }: FileRef, sessionId: string): string {
  return `/api/files/${hash}?sessionId=${encodeURIComponent(sessionId)}`;
}

/** A call as it stands; `isKnown`: the client has its beginning already. */
export function callChunks(
  call: ToolCallPart,
  sessionId: string,
  isKnown: boolean,
): UIMessageChunk[] {
  const { id: toolCallId, inputText } = call;
  if (isKnown) return stateChunks(call, sessionId);
  const chunks: UIMessageChunk[] = [{ type: "tool-input-start", toolCallId, ...nameOf(call) }];
  if (inputText !== "")
    chunks.push({ type: "tool-input-delta", toolCallId, inputTextDelta: inputText });
  if (call.state !== "writing") chunks.push(inputChunk(call));
  return [...chunks, ...stateChunks(call, sessionId)];
}

export function inputChunk(call: ToolCallPart): UIMessageChunk {
  const { id: toolCallId, input } = call;
  return { type: "tool-input-available", toolCallId, input: input ?? {}, ...nameOf(call) };
}

/** Its output so far, or its end. */
export function outputChunk(call: ToolCallPart, sessionId: string): UIMessageChunk {
  const { id: toolCallId, state } = call;
  const own = { toolCallId, dynamic: true, providerExecuted: true };
  if (stateOf(call) === "denied") return { type: "tool-output-denied", toolCallId };
  if (state === "failed") return { type: "tool-output-error", ...own, errorText: errorOf(call) };
  const preliminary = isOutcome(state) ? {} : { preliminary: true };
  return {
    type: "tool-output-available",
    ...own,
    output: outputOf(call, sessionId),
    ...preliminary,
  };
}

export function askChunk(call: ToolCallPart, approval: Approval): UIMessageChunk {
  const { subject, asksBecause, id: approvalId } = approval;
  const words = call.approval === approval ? asksBecause : `The subagent asks: ${subject}`;
  return {
    type: "tool-approval-request",
    toolCallId: call.id,
    approvalId,
    approvalDescriptor: approval,
    ...defined({ reason: words }),
  };
}

export function replyChunk({ id: approvalId, reply }: Approval): UIMessageChunk {
  const isDenial = reply?.decision === "deny";
  const reason = isDenial ? reply.message : undefined;
  return {
    type: "tool-approval-response",
    approvalId,
    approved: !isDenial,
    ...defined({ reason }),
  };
}

/** The approval that the call, or one of its subagent's calls, waits for; of several the first. */
export function pendingApproval(call: ToolCallPart): Approval | undefined {
  return waitingCalls(call)[0]?.approval;
}

/** Every approval that a run waits for. */
export function pendingApprovals(session: Session, runId: string): Approval[] {
  return openCalls(session, runId).flatMap((call) =>
    waitingCalls(call).flatMap(({ approval }) => approval ?? []),
  );
}

/** Whether nothing of the run goes on until a person replies. `answered`: approvals whose reply is on its way. */
export function waitsForReply(session: Session, run: Run, answered: Set<string>): boolean {
  if (run.state !== "waiting" || run.pause !== undefined) return false;
  const isHeld = ({ state, approval }: ToolCallPart) =>
    state === "waiting" && approval !== undefined && !answered.has(approval.id);
  const calls = openCalls(session, run.id);
  return calls.length > 0 && calls.every((call) => isHeld(call) || waitsInside(call, isHeld));
}

function waitsInside({ subagent }: ToolCallPart, isHeld: (call: ToolCallPart) => boolean): boolean {
  const last = subagent?.messages.at(-1);
  const open = last ? toolCallsOf(last).filter(isOpen) : [];
  return open.length > 0 && open.every(isHeld);
}

function openCalls(session: Session, runId: string): ToolCallPart[] {
  const messages = session.messages.filter((message) => message.runId === runId);
  return messages.flatMap((message) => toolCallsOf(message).filter(isOpen));
}

function isOpen({ state }: ToolCallPart): boolean {
  return !isOutcome(state);
}

function waitingCalls(call: ToolCallPart): ToolCallPart[] {
  const inner = call.subagent?.messages.flatMap(toolCallsOf) ?? [];
  return [call, ...inner].filter(({ state, approval }) => state === "waiting" && approval);
}

function stateChunks(call: ToolCallPart, sessionId: string): UIMessageChunk[] {
  const asked = pendingApproval(call);
  const isBegun = isOutcome(call.state) || call.output !== "" || call.subagent !== undefined;
  return [
    ...(call.approval && call.approval !== asked ? repliedChunks(call, call.approval) : []),
    ...(isBegun ? [outputChunk(call, sessionId)] : []),
    ...(asked ? [askChunk(call, asked)] : []),
  ];
}

/** A client takes no reply to what it was not asked. */
function repliedChunks(call: ToolCallPart, approval: Approval): UIMessageChunk[] {
  return [askChunk(call, approval), ...(approval.reply ? [replyChunk(approval)] : [])];
}

/** Rein runs its tools itself, and a client need not know any of them. */
function nameOf({ name, title }: ToolCallPart) {
  return { toolName: name, dynamic: true, providerExecuted: true, ...defined({ title }) };
}

function outputOf(call: ToolCallPart, sessionId: string) {
  const { state, output, diff, files, stop, subagent } = call;
  return defined({
    state,
    output: isOutcome(state) ? output : output.slice(-maxRunningOutput),
    interruption: stop && interruptionText(stop.by),
    diff,
    files: files?.map((file) => ({ ...file, url: fileUrl(file, sessionId) })),
    subagent: subagent && subagentOf(subagent),
  });
}

function errorOf({ output, error = "It failed." }: ToolCallPart): string {
  return output === "" ? error : `${output}\n${error}`;
}

function subagentOf({ title, role, provider, model, messages }: Subagent) {
  const calls = messages.flatMap(toolCallsOf).slice(-maxSubagentCalls);
  return defined({
    title,
    role,
    provider,
    model,
    text: messages.map(answerText).filter(Boolean).join("\n\n").slice(-maxRunningOutput),
    calls: calls.map((call) =>
      defined({ id: call.id, name: call.name, subject: subjectOf(call), state: stateOf(call) }),
    ),
  });
}

function answerText(message: Message): string {
  return message.role === "assistant" ? textOf(message) : "";
}
