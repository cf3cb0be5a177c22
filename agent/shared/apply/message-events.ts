/** What the events of a message change: a new message or part, its end and what it used, a refused history, an undone summary, outputs that are no longer sent. */
import { addUsage, type EventBody, type Message, type Session } from "../protocol";
import { findMessage, findRun, findToolCall, messagesOf } from "../session-lookup";

type EventOfMessage = Extract<
  EventBody,
  {
    type:
      | "message-start"
      | "message-usage"
      | "message-end"
      | "history-refused"
      | "summary-undo"
      | "outputs-drop"
      | "part-start";
  }
>;

/** Of the reducer: only `apply` calls it. */
export function applyToMessages(session: Session, event: EventOfMessage): void {
  switch (event.type) {
    case "message-start":
      messagesOf(session, event.agentId)?.push(event.message);
      return;
    case "message-usage": {
      const message = findMessage(session, event);
      if (message !== undefined && message.outcome === undefined) message.usage = event.usage;
      return;
    }
    case "message-end": {
      const message = findMessage(session, event);
      if (message === undefined) return;
      message.outcome = event.outcome;
      if (event.error) message.error = event.error;
      if (event.usage) countUsage(session, event.agentId, message, event.usage);
      else delete message.usage;
      if (event.context) session.context = event.context;
      return;
    }
    case "summary-undo": {
      const message = findMessage(session, event);
      if (message?.summary) message.summary.undoneAt = event.at;
      if (event.context) session.context = event.context;
      return;
    }
    case "history-refused": {
      const message = findMessage(session, event);
      if (message !== undefined)
        message[event.only === "files" ? "withoutFiles" : "plainHistory"] = event.error;
      return;
    }
    case "outputs-drop": {
      const dropped = new Set(event.partIds);
      for (const { parts } of messagesOf(session, event.agentId) ?? [])
        for (const part of parts)
          if (part.type === "tool-call" && dropped.has(part.id)) part.outputDropped = true;
      return;
    }
    case "part-start":
      findMessage(session, event)?.parts.push(event.part);
      return;
  }
}

function countUsage(
  session: Session,
  agentId: string | undefined,
  message: Message,
  usage: NonNullable<Message["usage"]>,
): void {
  message.usage = usage;
  session.usage = addUsage(session.usage, usage);
  const run = findRun(session, message.runId);
  if (run) run.usage = addUsage(run.usage, usage);
  const subagent = agentId === undefined ? undefined : findToolCall(session, agentId)?.subagent;
  if (subagent) subagent.usage = addUsage(subagent.usage, usage);
}
