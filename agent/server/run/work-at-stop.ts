/** What was under way when a stop came: at which point of the run it was, what it was doing, and which model calls were open. */
import { subjectOf, toolCallsOf } from "../../shared/message-parts";
import { isOutcome } from "../../shared/protocol";
import type {
  EventBody,
  Message,
  Run,
  Session,
  StopPoint,
  ToolCallPart,
} from "../../shared/protocol";
import { openCallsAsked } from "../agent/asked-calls";
import { messagesOfRun } from "./run-messages";

const maxSubject = 120;

export interface WorkAtStop {
  point: StopPoint;
  /** What it was doing, as one line. */
  during: string | undefined;
  /** How many messages the model was writing, and which of them are not closed yet. */
  modelCallsOpen: number;
  stillOpen: Set<string>;
  modelClosedAt: number | undefined;
}

/** To be called in the tick of the abort. */
export function workAtStop(session: Session, run: Run): WorkAtStop {
  const all = messagesOfRun(session, run.id).filter(
    ({ message }) => message.role === "assistant" && !message.outcome,
  );
  const open = all.map(({ message }) => message);
  const asked = session.messages.filter(({ runId }) => runId === run.id).flatMap(openCallsAsked);
  const answered = open.flatMap(toolCallsOf).filter((call) => !isOutcome(call.state));
  const calls = [...asked, ...answered];
  const point = pointOf(run, open, calls);
  // In the countdown of a retry no model call is open.
  const retrying = new Set(calls.flatMap(({ id, subagent }) => (subagent?.retry ? id : [])));
  const writing = all
    .filter(({ subagentId }) => (subagentId ? !retrying.has(subagentId) : !run.retry))
    .flatMap(({ message }) => (isModelWriting(message) ? message.id : []));
  return {
    point,
    during: point === "summary" ? "summing up" : duringOf(calls),
    modelCallsOpen: writing.length,
    stillOpen: new Set(writing),
    modelClosedAt: undefined,
  };
}

/** Records when the last model call was closed; to be called with every event after the stop. */
export function recordClosedCall(work: WorkAtStop, event: EventBody): void {
  if (event.type === "message-end" && work.stillOpen.delete(event.messageId))
    work.modelClosedAt = Date.now();
}

function pointOf(run: Run, open: Message[], calls: ToolCallPart[]): StopPoint {
  if (run.pause?.state === "paused") return "pause";
  if (run.retry) return "retry";
  if (calls.some((call) => call.state === "waiting")) return "approval";
  const running = calls.filter((call) => call.state === "running");
  if (running.some((call) => call.subagent)) return "subagent";
  if (running.length > 0) return "tool";
  const message = open.at(-1);
  if (message === undefined) return "start";
  if (message.summary) return "summary";
  const last = message.parts.at(-1);
  if (last === undefined) return "model";
  if (last.type === "reasoning") return last.endedAt === undefined ? "reasoning" : "model";
  if (last.type === "tool-call" && last.state === "writing") return "tool-input";
  // In an engine's message the model goes on after its calls.
  if (last.type === "plan" || (last.type === "tool-call" && last.kind !== undefined))
    return "model";
  return last.type === "tool-call" ? "tool" : "text";
}

/** The first call that waits for an answer, else the first that runs, and the number of others. A subagent's own calls go before the call that started it. */
function duringOf(calls: ToolCallPart[]): string | undefined {
  const running = calls.filter(({ state }) => state === "running" || state === "waiting");
  const inner = running.filter(({ subagent }) => subagent === undefined);
  const all = inner.length > 0 ? inner : running;
  const first = all.find(({ state }) => state === "waiting") ?? all[0];
  if (first === undefined) return undefined;
  // A tool can be about nothing but itself. A plan has a title.
  const asked = first.approval?.kind === "plan" ? undefined : first.approval?.subject;
  const subject = asked ? inOneLine(asked) : subjectLine(first);
  return all.length === 1 ? subject : `${subject} and ${all.length - 1} more`;
}

/** A command, a path, a title: what a call is about, in one line. */
export function subjectLine(call: ToolCallPart): string {
  return inOneLine(subjectOf(call) ?? call.name);
}

function inOneLine(text: string): string {
  const line = text.replaceAll(/\s*\n\s*/g, " ⏎ ").trim();
  return line.length > maxSubject ? `${line.slice(0, maxSubject - 1)}…` : line;
}

/** The model writes until the first of its calls is complete. */
function isModelWriting(message: Message): boolean {
  return toolCallsOf(message).every((call) => call.state === "writing");
}
