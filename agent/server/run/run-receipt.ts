/** What a run did, and what a stop ended of it. */
import { isOutcome } from "../../shared/protocol";
import type {
  EventBody,
  Message,
  Receipt,
  ReceiptToolCall,
  Run,
  Session,
  StopPoint,
  ToolCallPart,
} from "../../shared/protocol";
import type { EndedJob } from "../agent/tool-runner";

/** What was under way in the tick of the stop. */
export interface StopMoment {
  point: StopPoint;
  /** What it was doing, as one line. */
  during: string | undefined;
  /** Messages that the model was writing, and those of them that are not closed yet. */
  modelCallsOpen: number;
  stillOpen: Set<string>;
  modelClosedAt: number | undefined;
}

/** Looks at a run as it is before anything is aborted. */
export function momentOf(session: Session, run: Run): StopMoment {
  const all = messagesOfRun(session, run.id).filter(
    ({ message }) => message.role === "assistant" && !message.outcome,
  );
  const open = all.map(({ message }) => message);
  const calls = open.flatMap(toolCalls).filter((call) => !isOutcome(call.state));
  const point = pointOf(run, open, calls);
  // Who waits to try again has no call open.
  const waiting = new Set(calls.flatMap(({ id, subagent }) => (subagent?.retry ? id : [])));
  const speaking = all
    .filter(({ subagentId }) => (subagentId ? !waiting.has(subagentId) : !run.retry))
    .flatMap(({ message }) => (isModelSpeaking(message) ? message.id : []));
  return {
    point,
    during: point === "summary" ? "summing up" : duringOf(calls),
    modelCallsOpen: speaking.length,
    stillOpen: new Set(speaking),
    modelClosedAt: undefined,
  };
}

/** Notes when the last model call was closed; to be told every event after the stop. */
export function noteClosed(moment: StopMoment, event: EventBody): void {
  if (event.type === "message-end" && moment.stillOpen.delete(event.messageId))
    moment.modelClosedAt = Date.now();
}

/** The receipt of a run in which nothing lives any more. Without a `moment` nobody has stopped it. */
export function makeReceipt(
  session: Session,
  run: Run,
  moment: StopMoment | undefined,
  jobs: EndedJob[],
): Receipt {
  const { stop } = run;
  const all = messagesOfRun(session, run.id);
  const after = (at: number) => Math.max(0, at - (stop?.askedAt ?? at));
  return {
    ...(stop && { stop }),
    ...(moment?.during !== undefined && { during: moment.during }),
    settledMs: after(Date.now()),
    modelCalls: all.filter(({ message }) => message.role === "assistant").length,
    modelCallsClosed: moment?.modelCallsOpen ?? 0,
    ...(moment?.modelClosedAt !== undefined && { modelClosedMs: after(moment.modelClosedAt) }),
    toolCalls: all.flatMap(({ message, subagentId }) =>
      toolCalls(message).map((call) => toolCallOf(call, subagentId)),
    ),
    processes: jobs.flatMap(({ ended, at }) =>
      ended.map(({ pid, command }) => ({ pid, command, ...(stop && { endedMs: after(at) }) })),
    ),
    survivors: jobs.flatMap(({ survivors }) => survivors),
    subagents: all.flatMap(({ message }) =>
      toolCalls(message).flatMap(({ id, subagent, ...call }) =>
        subagent === undefined
          ? []
          : {
              id,
              title: subagent.title,
              outcome: isOutcome(call.state) ? call.state : "stopped",
              toolCalls: subagent.messages.flatMap(toolCalls).length,
              usage: subagent.usage,
            },
      ),
    ),
    usage: run.usage,
  };
}

const maxOutput = 200;
const maxSubject = 120;

function toolCallOf(call: ToolCallPart, subagentId: string | undefined): ReceiptToolCall {
  const outcome = isOutcome(call.state) ? call.state : "stopped";
  return {
    id: call.id,
    name: call.name,
    subject: subjectOf(call),
    outcome: call.startedAt === undefined && outcome === "stopped" ? "never-started" : outcome,
    output: lastLines(call.output),
    ...(subagentId !== undefined && { subagentId }),
  };
}

/** As many whole lines from the end as fit; of one that is longer, its end. */
function lastLines(output: string): string {
  const whole = output.trimEnd();
  if (whole.length <= maxOutput) return whole;
  const end = whole.slice(-maxOutput);
  const from = whole.at(-maxOutput - 1) === "\n" ? 0 : end.indexOf("\n") + 1;
  return `…${from === 0 ? "" : "\n"}${end.slice(from)}`;
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
  if (last.type === "tool-call") return last.state === "writing" ? "tool-input" : "tool";
  return "text";
}

/** The first command or call that ran, and how many more: subagents count less than what they were doing. */
function duringOf(calls: ToolCallPart[]): string | undefined {
  const running = calls.filter(({ state }) => state === "running" || state === "waiting");
  const inner = running.filter(({ subagent }) => subagent === undefined);
  const [first, ...others] = inner.length > 0 ? inner : running;
  if (first === undefined) return undefined;
  const subject = first.approval?.subject ?? subjectOf(first);
  return others.length === 0 ? subject : `${subject} and ${others.length} more`;
}

/** A command, a path, a title: what a call is about. */
function subjectOf({ name, input }: ToolCallPart): string {
  const known = typeof input === "object" && input !== null ? Object.entries(input) : [];
  const subject = subjectKeys
    .map((key) => known.find(([own]) => own === key)?.[1] as unknown)
    .find((value) => typeof value === "string");
  const line = (subject ?? name).replaceAll(/\s*\n\s*/g, " ⏎ ").trim();
  return line.length > maxSubject ? `${line.slice(0, maxSubject - 1)}…` : line;
}

const subjectKeys = ["command", "path", "pattern", "title"];

/** The model speaks until the first of its calls is past being written. */
function isModelSpeaking(message: Message): boolean {
  return toolCalls(message).every((call) => call.state === "writing");
}

export function toolCalls(message: Message): ToolCallPart[] {
  return message.parts.filter((part) => part.type === "tool-call");
}

/** Those of its subagents too, each after the message that sent it out. */
export function messagesOfRun(
  session: Session,
  runId: string,
): { message: Message; subagentId?: string }[] {
  const own = session.messages.filter((message) => message.runId === runId);
  return own.flatMap((message) => [
    { message },
    ...toolCalls(message).flatMap(({ id, subagent }) =>
      (subagent?.messages ?? []).map((inner) => ({ message: inner, subagentId: id })),
    ),
  ]);
}
