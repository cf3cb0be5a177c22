/** Finds the runs, messages and tool calls of a session; what is missing is undefined. */
import {
  type BackgroundProcess,
  type Message,
  type Part,
  type Run,
  type Session,
  type ToolCallPart,
} from "./protocol";

export function findRun(session: Session, id: string): Run | undefined {
  return session.runs.findLast((run) => run.id === id);
}

/** The run that has not settled yet, if there is one. */
export function activeRun(session: Session): Run | undefined {
  const last = session.runs.at(-1);
  return last && last.state !== "settled" ? last : undefined;
}

/** The tool call with this part id among the session's own messages (a subagent has no subagents), newest first. */
export function findToolCall(session: Session, id: string): ToolCallPart | undefined {
  for (let i = session.messages.length - 1; i >= 0; i--) {
    const part = session.messages[i]!.parts.find((p) => p.id === id);
    if (part?.type === "tool-call") return part;
  }
  return undefined;
}

/** One of the session's own, or of its subagents. */
export function findAnyToolCall(session: Session, id: string): ToolCallPart | undefined {
  const calls = session.messages.flatMap(({ parts }) => parts).filter(isToolCall);
  const inner = calls.flatMap(
    ({ subagent }) => subagent?.messages.flatMap(({ parts }) => parts) ?? [],
  );
  return [...calls, ...inner.filter(isToolCall)].find((call) => call.id === id);
}

function isToolCall(part: Part): part is ToolCallPart {
  return part.type === "tool-call";
}

/** The session's own messages, or those of the subagent under the tool call with this id. */
export function messagesOf(session: Session, agentId: string | undefined): Message[] | undefined {
  return agentId === undefined
    ? session.messages
    : findToolCall(session, agentId)?.subagent?.messages;
}

export function findMessage(
  session: Session,
  event: { agentId?: string; messageId: string },
): Message | undefined {
  return messagesOf(session, event.agentId)?.findLast((m) => m.id === event.messageId);
}

/** It runs, or some of its processes survived a stop. */
export function isLiving(process: BackgroundProcess): boolean {
  return isRunning(process) || (process.survivors?.length ?? 0) > 0;
}

/** As far as its own machine knows. */
export function isRunning({ state }: BackgroundProcess): boolean {
  return state === "running" || state === "stopping";
}

/** Its machine does not answer: neither that it runs nor that it has ended is known. */
export function isUnknown({ state }: BackgroundProcess): boolean {
  return state === "unknown";
}
