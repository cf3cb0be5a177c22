/** What Claude Code asks for, as questions to Rein's rules, and their answers in its words. */
import { EngineError, type EngineAnswer, type EngineQuestion } from "../engine";
import type { ClaudeQuestion } from "./claude-messages";
import { claudeAccess, claudeToolKind } from "./claude-tools";

/** `agent`: the key of the call that is the subagent which asks. Throws EngineError for a request of any other kind. */
export function questionOf(
  { subtype, tool_name: name, tool_use_id: key, input }: ClaudeQuestion,
  cwd: string,
  agent: string | undefined,
): EngineQuestion {
  if (subtype !== "can_use_tool" || name === undefined || !isRecord(input))
    throw new EngineError("engine-wire", "Rein has no answer to this.");
  return {
    key: key ?? crypto.randomUUID(),
    name,
    kind: claudeToolKind(name),
    input,
    access: claudeAccess(name, input, cwd),
    ...(agent !== undefined && { agent }),
  };
}

/** Undefined for one that is cancelled: the interrupt that follows withdraws the question. */
export function replyOf(
  answer: EngineAnswer,
  { input }: Pick<EngineQuestion, "input">,
): object | undefined {
  if (answer.allow) return { behavior: "allow", updatedInput: input };
  return "cancelled" in answer ? undefined : denial(answer.message);
}

/** `message`: for the model. */
export function denial(message: string): object {
  return { behavior: "deny", message };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
