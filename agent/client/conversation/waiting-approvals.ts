/** The calls that wait for a person's permission, and what each asks. */
import { visibleString } from "../../shared/visible-text";
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

export function questionOf(approval: Approval): string {
  const where = approval.outside ? " outside the working directory" : "";
  return `Rein wants to ${wantOf(approval)}${where}`;
}

function wantOf({ kind, tool, alsoPaths }: Approval): string {
  if (kind === "tool") return `use ${visibleString(tool ?? "a tool")}`;
  if (kind === "command") return "run this command";
  if (kind === "edit") return alsoPaths ? "change these files" : "change this file";
  return "read this";
}

function toolCalls(messages: Message[]): ToolCallPart[] {
  return (messages.at(-1)?.parts ?? []).filter(
    (part): part is ToolCallPart => part.type === "tool-call",
  );
}
