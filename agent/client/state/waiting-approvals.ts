/** The calls that wait for a person's permission, and what each asks. */
import { ellipsized } from "../../shared/truncate";
import { visibleString } from "../../shared/visible-text";
import { engineName } from "./engine-list";
import type { Approval, EngineInfo, Message, Session, ToolCallPart } from "../../shared/protocol";

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

/** `asker`: Rein, or the name of the session's engine. */
export function questionOf(approval: Approval, asker: string): string {
  const where = approval.outside ? " outside the working directory" : "";
  return `${visibleString(asker)} wants to ${wantOf(approval)}${where}`;
}

/** The question with what it is about, to be read aloud. */
export function spokenQuestion(approval: Approval, asker: string, max = Infinity): string {
  const subject = visibleString(ellipsized(approval.subject, max));
  return `${questionOf(approval, asker)}${subject === "" ? "" : `: ${subject}`}`;
}

export function askerOf(
  { engine }: Pick<Session, "engine">,
  engines: EngineInfo[] | undefined,
): string {
  return engineName(engines, engine) ?? "Rein";
}

function wantOf({ kind, tool, alsoPaths }: Approval): string {
  if (kind === "tool") return `use ${visibleString(tool ?? "a tool")}`;
  const edit = alsoPaths ? "change these files" : "change this file";
  const wants = { command: "run this command", edit, read: "read this", plan: "follow this plan" };
  return wants[kind];
}

function toolCalls(messages: Message[]): ToolCallPart[] {
  return (messages.at(-1)?.parts ?? []).filter(
    (part): part is ToolCallPart => part.type === "tool-call",
  );
}
