/** What the events of a part change: its text, the state of a tool call, and with it whether the run waits. */
import type { EventBody, Part, Session, ToolCallPart } from "../protocol";
import { findMessage, findRun } from "../session-lookup";
import { applyHook, stopHooks } from "./hook-events";

type PartEvent = Extract<EventBody, { partId: string }>;

/** Of the reducer: only `apply` calls it. */
export function applyToParts(session: Session, event: PartEvent): void {
  const message = findMessage(session, event);
  const part = message?.parts.findLast((p) => p.id === event.partId);
  if (message === undefined || part === undefined) return;
  const wasWaiting = isWaiting(part);
  applyToPart(part, event);
  if (wasWaiting || isWaiting(part)) showWaiting(session, message.runId);
}

function applyToPart(part: Part, event: PartEvent): void {
  if (part.type === "tool-call") return applyToToolCall(part, event);
  if (part.type === "interruption" || part.type === "file") return;
  if (part.type === "plan") {
    if (event.type === "plan-change") part.entries = event.entries;
    return;
  }
  if (event.type === "part-delta") part.text += event.delta;
  if (event.type === "part-end") {
    if (part.type === "reasoning") part.endedAt = event.at;
    if (event.meta) part.meta = event.meta;
  }
}

function applyToToolCall(part: ToolCallPart, event: PartEvent): void {
  switch (event.type) {
    case "part-delta":
      if (event.field === "input") part.inputText += event.delta;
      else part.output += event.delta;
      return;
    case "output-replace":
      part.output = event.output;
      return;
    case "tool-change":
      if (event.name !== undefined) part.name = event.name;
      if (event.title !== undefined) part.title = event.title;
      if (event.input === undefined) return;
      part.input = event.input;
      if (part.state === "writing") part.state = "pending";
      return;
    case "part-end":
      part.state = "pending";
      if (event.input !== undefined) part.input = event.input;
      if (event.meta) part.meta = event.meta;
      return;
    case "approval-request":
      part.state = "waiting";
      part.approval = event.approval;
      return;
    case "approval-reply":
      // Meanwhile it may have begun, or ended.
      if (part.state === "waiting") part.state = "pending";
      if (part.approval) part.approval.reply = event.reply;
      return;
    case "tool-start":
      part.state = "running";
      part.startedAt = event.at;
      return;
    case "tool-progress":
      if (event.progress === undefined) delete part.progress;
      else part.progress = event.progress;
      return;
    case "subagent-start":
      part.subagent = event.subagent;
      return;
    case "subagent-end":
      if (part.subagent) delete part.subagent.retry;
      return;
    case "tool-done":
      part.doneAt ??= event.at;
      return;
    case "hook-start":
    case "hook-end":
      return applyHook(part, event.hook);
    case "tool-end":
      stopHooks(part, event.at);
      part.state = event.outcome;
      part.endedAt = event.at;
      delete part.progress;
      if (event.diff !== undefined) part.diff = event.diff;
      if (event.files !== undefined) part.files = event.files;
      if (event.outputFile !== undefined) part.outputFile = event.outputFile;
      if (event.limitHit !== undefined) part.limitHit = event.limitHit;
      if (event.error !== undefined) part.error = event.error;
      if (event.stop) part.stop = event.stop;
      if (event.told) part.told = true;
  }
}

/** A run waits as long as one of its calls does, its subagents' calls included. */
function showWaiting(session: Session, runId: string): void {
  const run = findRun(session, runId);
  if (run === undefined || run.state === "stopping" || run.state === "settled") return;
  const parts = session.messages.flatMap((message) =>
    message.runId === runId ? message.parts : [],
  );
  const inner = parts.flatMap((part) => (part.type === "tool-call" ? innerParts(part) : []));
  run.state = parts.some(isWaiting) || inner.some(isWaiting) ? "waiting" : "running";
}

function innerParts({ subagent }: ToolCallPart): Part[] {
  return subagent?.messages.flatMap(({ parts }) => parts) ?? [];
}

function isWaiting(part: Part): boolean {
  return part.type === "tool-call" && part.state === "waiting";
}
