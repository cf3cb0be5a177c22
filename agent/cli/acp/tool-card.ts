/** A tool call of a session as a tool call of ACP: a command with its output, a change as a diff, a subagent with its work so far. */
import type {
  ToolCall,
  ToolCallContent,
  ToolCallLocation,
  ToolCallStatus,
} from "@agentclientprotocol/sdk";
import { resolve } from "node:path";
import { inputOf, shownName, shownSubject } from "../../client/state/tool-input";
import { stateOf, subjectOf } from "../../shared/message-parts";
import {
  interruptionText,
  type Subagent,
  type ToolCallPart,
  type ToolKind,
} from "../../shared/protocol";
import { describeFile } from "../../shared/taken-files";
import { truncateStart } from "../../shared/truncate";
import { visibleString } from "../../shared/visible-text";
import { diffContent, readHunks } from "./diff-content";
import { fenced, plainText } from "./editor-text";

/** `cwd`: the session's directory. */
export function toolCard(part: ToolCallPart, cwd: string): ToolCall & { kind: ToolKind } {
  const output = shownOutput(part);
  return {
    toolCallId: part.id,
    title: titleOf(part),
    name: visibleString(part.name),
    kind: kindOf(part),
    status: statusOf(part),
    content: contentOf(part, cwd),
    locations: locationsOf(part, cwd),
    ...(part.input !== undefined && { rawInput: part.input }),
    // For what reads it as a program: in the content it stands between fences, with other words beside it.
    ...(output !== "" && { _meta: { rein: { output } } }),
  };
}

const kinds = new Map<string, ToolKind>([
  ["bash", "execute"],
  ["process", "execute"],
  ["read", "read"],
  ["edit", "edit"],
  ["write", "edit"],
  ["apply_patch", "edit"],
  ["glob", "search"],
  ["grep", "search"],
]);

function kindOf({ name, kind }: ToolCallPart): ToolKind {
  return kind ?? kinds.get(name) ?? "other";
}

/** A command stands for itself. */
function titleOf(part: ToolCallPart): string {
  const input = inputOf(part);
  const subject = shownSubject(input, part.title);
  if (subject === "") return visibleString(shownName(part));
  return visibleString(kindOf(part) === "execute" ? subject : `${shownName(part)} ${subject}`);
}

/** ACP has no state for what was stopped or denied. */
function statusOf({ state }: ToolCallPart): ToolCallStatus {
  if (state === "running") return "in_progress";
  if (state === "done") return "completed";
  return state === "failed" || state === "stopped" ? "failed" : "pending";
}

/** The end of an output: it is sent whole with each update. */
const maxOutput = 20_000;

function contentOf(part: ToolCallPart, cwd: string): ToolCallContent[] {
  const command = kindOf(part) === "execute" ? subjectOf(part) : undefined;
  const texts = [
    // The title has its first line alone.
    command?.includes("\n") ? fenced(plainText(command), "sh") : "",
    part.subagent ? subagentText(part.subagent) : "",
    part.output === "" ? "" : fenced(shownOutput(part)),
    ...(part.files ?? []).map((file) => plainText(`[${describeFile(file)}]`)),
    part.error === undefined ? "" : plainText(part.error),
    part.state === "stopped" ? interruptionText(part.stop?.by ?? "user") : "",
  ].filter((text) => text !== "");
  const changes = part.diff === undefined ? [] : diffContent(part.diff, cwd);
  return [...texts.map(textContent), ...changes];
}

function shownOutput({ output }: ToolCallPart): string {
  return plainText(truncateStart(output, maxOutput));
}

export function textContent(text: string): ToolCallContent {
  return { type: "content", content: { type: "text", text } };
}

/** What it has said, and a line for each of its calls. */
function subagentText({ messages }: Subagent): string {
  const lines = messages
    .filter(({ role }) => role === "assistant")
    .flatMap(({ parts }) => parts)
    .flatMap((part) => {
      if (part.type === "text") return [plainText(part.text)];
      if (part.type === "tool-call") return [`- ${titleOf(part)} (${stateOf(part)})`];
      return [];
    });
  return truncateStart(lines.join("\n\n"), maxOutput);
}

function locationsOf(part: ToolCallPart, cwd: string): ToolCallLocation[] {
  if (part.diff !== undefined) {
    const byPath = new Map(
      readHunks(part.diff, cwd)
        .toReversed()
        .map((one) => [one.path, one]),
    );
    if (byPath.size > 0)
      return [...byPath.values()].toReversed().map(({ path, line }) => ({ path, line }));
  }
  const { path, file_path, filePath, absolute_path, offset } = inputOf(part);
  const named = [path, file_path, filePath, absolute_path].find((one) => typeof one === "string");
  if (typeof named !== "string" || named === "" || named.includes("\0")) return [];
  const line =
    typeof offset === "number" && Number.isSafeInteger(offset) && offset > 0 ? offset : undefined;
  return [{ path: resolve(cwd, named), ...(line !== undefined && { line }) }];
}
