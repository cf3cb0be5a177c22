/** The calls that wait for a person's permission, and what each asks. */
import { ellipsized } from "../../shared/truncate";
import { visibleString } from "../../shared/visible-text";
import { engineName } from "./engine-list";
import type { Approval, EngineInfo, Message, Session, ToolCallPart } from "../../shared/protocol";
import { t } from "../../shared/translation";

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
  const words = wantOf(approval, visibleString(asker));
  return approval.outside ? t("{words} outside the working directory", { words }) : words;
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

function wantOf({ kind, tool, alsoPaths }: Approval, asker: string): string {
  switch (kind) {
    case "tool":
      return tool === undefined
        ? t("{asker} wants to use a tool", { asker })
        : t("{asker} wants to use {tool}", { asker, tool: visibleString(tool) });
    case "command":
      return t("{asker} wants to run this command", { asker });
    case "edit":
      return alsoPaths
        ? t("{asker} wants to change these files", { asker })
        : t("{asker} wants to change this file", { asker });
    case "read":
      return t("{asker} wants to read this", { asker });
    case "plan":
      return t("{asker} wants to follow this plan", { asker });
  }
}

function toolCalls(messages: Message[]): ToolCallPart[] {
  return (messages.at(-1)?.parts ?? []).filter(
    (part): part is ToolCallPart => part.type === "tool-call",
  );
}
