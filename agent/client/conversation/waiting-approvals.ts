/** The calls that wait for a person's permission, and what each asks. */
import type { Approval, Message, Session, ToolCallPart } from "../../shared/protocol";

/** Of one conversation: the session's own, or a subagent's. */
export function waitingCalls(messages: Message[]): ToolCallPart[] {
  return toolCalls(messages).filter((part) => part.state === "waiting");
}

/** Of the session and its subagents, in the order in which the page shows them. */
export function waitingApprovals(session: Session): Approval[] {
  return toolCalls(session.messages)
    .flatMap((part) => [part, ...waitingCalls(part.subagent?.messages ?? [])])
    .flatMap(({ state, approval }) => (state === "waiting" && approval ? [approval] : []));
}

export function questionOf({ kind, outside }: Approval): string {
  return `Rein wants to ${verbs[kind]}${outside ? " outside the working directory" : ""}`;
}

const verbs: Record<Approval["kind"], string> = {
  command: "run this command",
  edit: "change this file",
  read: "read this",
};

function toolCalls(messages: Message[]): ToolCallPart[] {
  return (messages.at(-1)?.parts ?? []).filter(
    (part): part is ToolCallPart => part.type === "tool-call",
  );
}
