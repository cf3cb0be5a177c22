/** What happens with an item of Codex's turn, as an engine's events: its beginning, and its end with all that was not told before. */
import type { ToolKind } from "../../../shared/protocol";
import type { EngineEvent } from "../engine";
import { commandIn } from "./codex-command";
import { pathsOf, unifiedDiffOf } from "./codex-diff";
import type { FileChange, Item, ItemOf } from "./codex-wire";

type ToolItem = Exclude<
  Item,
  { type: "agentMessage" | "plan" | "reasoning" | "contextCompaction" }
>;

export interface Tool {
  name: string;
  kind: ToolKind;
  title?: string;
  input: unknown;
}

/** Undefined for an item that is no call. */
export function toolOf(item: Item): Tool | undefined {
  switch (item.type) {
    case "commandExecution":
      return commandTool(item.command, item.cwd);
    case "fileChange":
      return fileTool(item.changes);
    case "mcpToolCall":
      return { name: mcpName(item.server, item.tool), kind: "other", input: item.arguments };
    case "collabAgentToolCall":
      return collabTool(item);
    case "subAgentActivity":
      return item.kind === "started"
        ? { name: "spawn_agent", kind: "think", title: agentName(item), input: {} }
        : undefined;
    case "webSearch":
      return { name: "web_search", kind: "search", input: { query: item.query } };
    case "imageView":
      return { name: "view_image", kind: "read", input: { path: item.path } };
    default:
      return undefined;
  }
}

/** `command`: with the shell around it, as Codex has it. */
export function commandTool(command: string, cwd: string | null | undefined): Tool {
  const input = { command: commandIn(command), ...(cwd ? { cwd } : {}) };
  return { name: "exec_command", kind: "execute", input };
}

/** A patch: what is shown of it is its diff, which comes with its end. */
export function fileTool(changes: readonly FileChange[]): Tool {
  const [path = "", ...also] = pathsOf(changes);
  const kinds = new Set(changes.map(({ kind }) => kind.type));
  const kind = kinds.size === 1 && kinds.has("delete") ? "delete" : "edit";
  return { name: "apply_patch", kind, input: { path, ...(also.length > 0 && { also }) } };
}

export function mcpName(server: string, tool: string): string {
  return `mcp__${server}__${tool}`;
}

function collabTool({ tool, prompt }: ItemOf<"collabAgentToolCall">): Tool {
  const name = tool.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const isWait = tool === "wait" || tool === "listAgents";
  return {
    name: tool === "wait" ? "wait_agent" : name,
    kind: isWait ? "other" : "think",
    ...(prompt && { title: prompt }),
    input: prompt ? { prompt } : {},
  };
}

/** The last name of the path that Codex gives an agent. */
export function agentName({ agentPath }: ItemOf<"subAgentActivity">): string {
  return agentPath.split("/").findLast((name) => name !== "") ?? "Subagent";
}

export type ToolEnd = Omit<Extract<EngineEvent, { type: "tool-end" }>, "type" | "key">;

/** Undefined while it is not over. */
export function endOf(item: ToolItem): ToolEnd | undefined {
  switch (item.type) {
    case "commandExecution":
      return commandEnd(item);
    case "fileChange": {
      if (item.status === "declined") return declined;
      const diff = unifiedDiffOf(item.changes);
      return item.status === "failed"
        ? { outcome: "failed", error: "The patch could not be applied." }
        : { outcome: "done", diff };
    }
    case "mcpToolCall": {
      const output = (item.result?.content ?? []).map(contentText).join("\n");
      return item.status === "failed" || item.error
        ? { outcome: "failed", output, error: item.error?.message || "The tool has failed." }
        : { outcome: "done", output };
    }
    case "collabAgentToolCall":
      return {
        ...(item.status === "failed"
          ? { outcome: "failed" as const, error: "The agent could not be reached." }
          : { outcome: "done" as const }),
        ...(item.tool === "wait" && { output: statesText(item) }),
      };
    default:
      return { outcome: "done" };
  }
}

const declined: ToolEnd = { outcome: "failed", error: "It was not allowed, so nothing was run." };

function commandEnd(item: ItemOf<"commandExecution">): ToolEnd {
  const { status, exitCode, aggregatedOutput: output } = item;
  if (status === "declined") return declined;
  const whole = { output: output ?? "" };
  if (typeof exitCode === "number" && exitCode !== 0)
    return {
      ...whole,
      outcome: "failed",
      error: exitCode < 0 ? "It was ended." : `Exit code ${exitCode}.`,
    };
  return status === "failed"
    ? { ...whole, outcome: "failed", error: "It has failed." }
    : { ...whole, outcome: "done" };
}

function statesText({ agentsStates }: ItemOf<"collabAgentToolCall">): string {
  return Object.values(agentsStates)
    .flatMap((state) => (state ? [[state.status, state.message].filter(Boolean).join(": ")] : []))
    .join("\n");
}

function contentText(content: unknown): string {
  const { text, type } = (content ?? {}) as { text?: unknown; type?: unknown };
  return typeof text === "string" ? text : `[${typeof type === "string" ? type : "content"}]`;
}
