/** The subagent tool: a loop of its own under a tool call, which can be stopped alone. */
import { z } from "zod";
import { textOf, toolCallsOf } from "../../shared/message-parts";
import type { EventBody, Message } from "../../shared/protocol";
import { type BuiltInRole, roleIds, subagentRoles } from "../../shared/subagent-roles";
import type { LoopEnd } from "./turn-types";
import { type Tool, type ToolContext, ToolError, type ToolResult } from "../tools/tool";

const input = z.strictObject({
  role: z.enum(roleIds).describe(
    Object.entries(subagentRoles)
      .map(([role, { use }]) => `${role}: ${use}`)
      .join("; "),
  ),
  title: z.string().min(1).max(80).describe("A few words for the person who watches"),
  task: z
    .string()
    .min(1)
    .describe("Everything it needs to know: it sees nothing of this conversation"),
  provider: z.string().optional().describe("Another provider than this conversation's"),
  model: z.string().optional().describe("Another model than this conversation's"),
  maxTurns: z.int().min(1).max(200).optional().describe("When to give up"),
});

export type SubagentInput = z.infer<typeof input>;

/** Starts a subagent's loop under a tool call. `messages` are its own, as they are now. */
export type Spawn = (
  input: SubagentInput,
  context: ToolContext,
  signal: AbortSignal,
) => { loop: AsyncGenerator<EventBody, LoopEnd>; messages: () => Message[] };

export const maxTurnsOf: Record<BuiltInRole, number> = { simple: 10, complex: 60, researcher: 30 };

/** What a researcher may use: it changes nothing. */
const readingTools = new Set(["read", "glob", "grep", "fetch", "search"]);

export function toolsOf(role: BuiltInRole, tools: Tool[]): Tool[] {
  return role === "researcher"
    ? tools.filter((tool) => tool.readsOnly === true || readingTools.has(tool.name))
    : tools;
}

/**
 * The tool that starts subagents: several calls in one turn run side by side. Its output is the subagent's last message;
 * when it was stopped, everything it had written so far.
 */
export function createSubagentTool(spawn: Spawn): Tool<SubagentInput> {
  return {
    name: "subagent",
    description:
      "Sends out a subagent with a fresh context to do one task and report back. " +
      "Call it several times in one turn to let several work at the same time. " +
      "It has the same tools (a researcher: only those that read), but cannot send out subagents. " +
      "You get its last message.",
    input,
    prepare: (input, context, signal) => ({
      run: () => runSubagent(spawn, input, context, signal),
    }),
  };
}

async function runSubagent(
  spawn: Spawn,
  input: SubagentInput,
  context: ToolContext,
  signal: AbortSignal,
): Promise<ToolResult> {
  const { loop, messages } = spawn(input, context, signal);
  let step = await loop.next();
  while (!step.done) {
    await context.emit(step.value);
    step = await loop.next();
  }
  const end = step.value;
  if (end.outcome === "done") return { output: lastText(messages()) };
  context.output(workSoFar(messages()));
  if (end.outcome === "stopped") throw signal.reason;
  throw new ToolError(end.error?.message ?? "The subagent failed.");
}

function lastText(messages: Message[]): string {
  const text = trimmedText(messages.at(-1));
  return text === "" ? "(It ended without a message.)" : text;
}

/** What it had written and which calls it had made, for a parent that gets no last message. */
export function workSoFar(messages: Message[]): string {
  const lines = messages
    .filter(({ role, summary }) => role === "assistant" && !summary)
    .flatMap((message) => [trimmedText(message), ...callsOf(message)]);
  return lines.filter((line) => line !== "").join("\n");
}

function trimmedText(message: Message | undefined): string {
  return message === undefined ? "" : textOf(message, "\n").trim();
}

function callsOf(message: Message): string[] {
  return toolCallsOf(message)
    .filter(({ startedAt }) => startedAt !== undefined)
    .map(({ name, input, state }) => `(${name} ${JSON.stringify(input).slice(0, 200)}: ${state})`);
}
