/** What is said of a subagent. */
import type { Message, Subagent, ToolCallPart } from "../../shared/protocol";
import { stoppedLabel } from "./outcome-labels";
import { tailOf, terminalTailOf } from "./output-tail";
import { inputOf, shownName, shownSubject } from "./tool-input";
import { t } from "../../shared/translation";

/** Of one that an engine has sent out by itself, the engine's own word. */
export function roleName({ role, kind }: Subagent): string {
  return role ?? kind ?? t("Subagent");
}

/** Of an engine that cannot stop one subagent alone. */
export function stopsWithRun(): string {
  return t("Stops with the whole run");
}

/** Empty while it works. */
export function subagentOutcome({ state, stop, error }: ToolCallPart): string {
  if (state === "stopped") return stoppedLabel(stop?.by);
  if (state === "failed") return error ?? t("Failed");
  return state === "done" ? t("Done") : "";
}

/** Of an engine's subagent nothing may come before its answer is whole. */
export function workingWords({ state }: ToolCallPart): string {
  return state === "running" ? t("Working…") : "";
}

/** Its latest text or tool call, as two or three lines of plain text. */
export function lastLines(messages: Message[]): string {
  for (const message of messages.toReversed()) {
    if (message.role === "user") break;
    if (message.summary && message.outcome === undefined) return t("Summing up the conversation");
    if (message.summary) continue;
    for (const part of message.parts.toReversed()) {
      if (part.type === "tool-call")
        return `${shownName(part)} ${shownSubject(inputOf(part), part.title)}\n${terminalTailOf(part.output, 2).text}`.trim();
      if ("text" in part && part.text.trim() !== "") return tailOf(part.text.trim(), 3).text;
    }
  }
  return "";
}
