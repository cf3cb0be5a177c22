/** What a stop did: at what point it came, and what it ended. */
import { isOutcome } from "../shared/protocol";
import type {
  Message,
  Receipt,
  Run,
  Session,
  Stop,
  StopPoint,
  ToolCallPart,
} from "../shared/protocol";
import type { JobEnd } from "./processes/jobs";

/** What was under way in the tick of the stop. */
export interface StopMoment {
  point: StopPoint;
  modelCallsOpen: number;
  /** The calls that had not ended. */
  openToolCalls: string[];
}

/** Looks at a run as it is before anything is aborted. */
export function momentOf(session: Session, run: Run): StopMoment {
  const messages = messagesOfRun(session, run.id);
  const open = messages.filter((message) => message.role === "assistant" && !message.outcome);
  const calls = open.flatMap(toolCalls).filter((call) => !isOutcome(call.state));
  return {
    point: pointOf(run, open, calls),
    modelCallsOpen: open.filter(isModelSpeaking).length,
    openToolCalls: calls.map((call) => call.id),
  };
}

/** The receipt of a settled run. `jobEnds`: how the processes of its jobs ended. */
export function makeReceipt(
  session: Session,
  run: Run,
  stop: Stop & { point: StopPoint },
  moment: StopMoment,
  jobEnds: JobEnd[],
): Receipt {
  const calls = messagesOfRun(session, run.id).flatMap(toolCalls);
  return {
    stop,
    settledMs: Date.now() - stop.askedAt,
    modelCallsClosed: moment.modelCallsOpen,
    toolCalls: calls
      .filter((call) => moment.openToolCalls.includes(call.id))
      .map((call) => ({ id: call.id, name: call.name, outcome: outcomeOf(call) })),
    processes: jobEnds.flatMap((end) => end.ended),
    survivors: jobEnds.flatMap((end) => end.survivors),
    subagents: calls.flatMap((call) =>
      call.subagent ? [{ id: call.id, title: call.subagent.title, outcome: endOf(call) }] : [],
    ),
    usage: run.usage,
  };
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
  const last = message.parts.at(-1);
  if (last === undefined) return "model";
  if (last.type === "reasoning") return last.endedAt === undefined ? "reasoning" : "model";
  if (last.type === "tool-call") return last.state === "writing" ? "tool-input" : "tool";
  return "text";
}

/** The model speaks until the first of its calls is past being written. */
function isModelSpeaking(message: Message): boolean {
  return toolCalls(message).every((call) => call.state === "writing");
}

function outcomeOf(call: ToolCallPart) {
  return call.startedAt === undefined ? ("never-started" as const) : endOf(call);
}

function endOf(call: ToolCallPart) {
  return isOutcome(call.state) ? call.state : "stopped";
}

export function toolCalls(message: Message): ToolCallPart[] {
  return message.parts.filter((part) => part.type === "tool-call");
}

/** Those of its subagents too. */
function messagesOfRun(session: Session, runId: string): Message[] {
  const own = session.messages.filter((message) => message.runId === runId);
  return own.flatMap((message) => [
    message,
    ...toolCalls(message).flatMap((call) => call.subagent?.messages ?? []),
  ]);
}
