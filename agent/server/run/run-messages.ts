/** The messages and tool calls of a run, its subagents' included. */
import { toolCallsOf } from "../../shared/message-parts";
import type { Message, Session, ToolCallPart } from "../../shared/protocol";
import { findToolCall } from "../../shared/session-lookup";

/** A subagent's messages come right after the message whose call started it. */
export function messagesOfRun(
  session: Session,
  runId: string,
): { message: Message; subagentId?: string }[] {
  const own = session.messages.filter((message) => message.runId === runId);
  return own.flatMap((message) => [
    { message },
    ...toolCallsOf(message).flatMap(({ id, subagent }) =>
      (subagent?.messages ?? []).map((inner) => ({ message: inner, subagentId: id })),
    ),
  ]);
}

/** A call of the session's own messages, or of a subagent of the last one. */
export function findCall(session: Session, id: string): ToolCallPart | undefined {
  const own = findToolCall(session, id);
  if (own) return own;
  return session.messages
    .slice(-1)
    .flatMap(toolCallsOf)
    .flatMap(({ subagent }) => subagent?.messages ?? [])
    .flatMap(toolCallsOf)
    .find((call) => call.id === id);
}
