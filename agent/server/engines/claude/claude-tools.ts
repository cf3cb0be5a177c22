/** Claude Code's own tools: what each does, what a call is about, and what it would touch. */
import { isAbsolute, resolve } from "node:path";
import type { ToolKind } from "../../../shared/protocol";
import type { EngineAccess } from "../engine";
import { isOutward } from "../outward-pattern";

const kinds: Record<string, ToolKind> = {
  Bash: "execute",
  PowerShell: "execute",
  Edit: "edit",
  MultiEdit: "edit",
  Write: "edit",
  NotebookEdit: "edit",
  Read: "read",
  NotebookRead: "read",
  LS: "read",
  Glob: "search",
  Grep: "search",
  ToolSearch: "search",
  WebFetch: "fetch",
  WebSearch: "fetch",
  Agent: "think",
  Task: "think",
};

/** Of a tool of an MCP server, and of a new one: "other". */
export function claudeToolKind(name: string): ToolKind {
  return Object.hasOwn(kinds, name) ? kinds[name]! : "other";
}

/** Every use of these is asked for, also where Claude Code would allow it by itself: Rein's rules decide. */
export const askedTools = words(
  "Bash PowerShell Edit MultiEdit Write NotebookEdit Read Glob Grep WebFetch WebSearch Skill " +
    "ListMcpResourcesTool ReadMcpResourceTool ReadMcpResourceDirTool",
);

/**
 * What makes no sense in a session of Rein: turns that begin by themselves, a working directory or a mode of permissions of
 * Claude Code's own, and questions that only its own window can show.
 */
export const withheldTools = words(
  "CronCreate CronDelete CronList ScheduleWakeup Monitor RemoteTrigger SendMessage ListAgents Workflow " +
    "EnterWorktree ExitWorktree EnterPlanMode ExitPlanMode AskUserQuestion PushNotification",
);

/** As far as Rein's rules are concerned. `cwd`: what a relative path starts from. */
export function claudeAccess(
  name: string,
  input: Record<string, unknown>,
  cwd: string,
): EngineAccess {
  const path = pathOf(input, cwd);
  const kind = claudeToolKind(name);
  switch (kind) {
    case "execute":
      if (typeof input["command"] === "string")
        return { kind: "command", command: input["command"] };
      break;
    case "edit":
      if (path !== undefined) return { kind: "edit", path };
      break;
    case "read":
      if (path !== undefined) return { kind: "read", path };
      break;
    case "search":
      if (name !== "ToolSearch" && !isOutward(name === "Glob" ? input["pattern"] : input["glob"]))
        return { kind: "read", path: path ?? cwd };
      break;
  }
  const isUnclear =
    ["execute", "edit", "read"].includes(kind) || name === "Glob" || name === "Grep";
  return {
    kind: "tool",
    tool: name,
    subject: subjectOf(name, input),
    ...(isUnclear && { once: true }),
  };
}

function pathOf(input: Record<string, unknown>, cwd: string): string | undefined {
  const path = input["file_path"] ?? input["notebook_path"] ?? input["path"];
  if (typeof path !== "string" || path === "") return undefined;
  return isAbsolute(path) ? path : resolve(cwd, path);
}

function subjectOf(name: string, input: Record<string, unknown>): string {
  // Of another's tool it is not known what else matters.
  if (name.startsWith("mcp__")) return JSON.stringify(input);
  const named = input["url"] ?? input["query"] ?? input["skill"];
  return typeof named === "string" ? named : JSON.stringify(input);
}

function words(text: string): string[] {
  return text.split(" ");
}
