/** What a message holds: its text, and its tool calls. */
import type { Message, ToolCallPart } from "./protocol";

/** Without what the model only thought. `between` stands between two texts that a tool call or reasoning separates. */
export function textOf({ parts }: Message, between = ""): string {
  return parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join(between);
}

export function toolCallsOf({ parts }: Message): ToolCallPart[] {
  return parts.filter((part) => part.type === "tool-call");
}

/** What a call is about, as the model wrote it: a command, a path, a title. Undefined when its input has nothing of the kind. */
export function subjectOf(input: object): string | undefined {
  const named: Record<string, unknown> = { ...input };
  return subjectNames.map((name) => named[name]).find((value) => typeof value === "string");
}

const subjectNames = ["command", "path", "file", "title", "pattern", "query", "url"];
