/** The subagent tool: a loop of its own under a tool call, which can be stopped alone. */
import { z } from "zod";
import { textOf, toolCallsOf } from "../../shared/message-parts";
import type { EventBody, Message } from "../../shared/protocol";
import type { ActingRole } from "../definitions/definition-types";
import { ellipsized } from "../../shared/truncate";
import type { LoopEnd } from "./turn-types";
import { type Tool, type ToolContext, ToolError, type ToolResult } from "../tools/tool";

const maxRoleCharacters = 64;
/** Of all roles together. */
const maxDescription = 8000;

const input = z.strictObject({
  role: z.string().min(1).max(maxRoleCharacters),
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

/** What the model is told: which roles there are. */
function schemaFor(roles: readonly NamedRole[]): Record<string, unknown> {
  const described = roles.map(
    ({ name, description }) => `${name}: ${ellipsized(description, 300)}`,
  );
  const names = z
    .enum(roles.map(({ name }) => name))
    .describe(ellipsized(described.join("; "), maxDescription));
  const { $schema: _dialect, ...schema } = z.toJSONSchema(input.extend({ role: names }), {
    io: "input",
  });
  return schema;
}

type NamedRole = Pick<ActingRole, "name" | "description">;

/** Starts a subagent's loop under a tool call. `messages` are its own, as they are now. */
export type Spawn = (
  input: SubagentInput,
  context: ToolContext,
  signal: AbortSignal,
) => { loop: AsyncGenerator<EventBody, LoopEnd>; messages: () => Message[] };

/**
 * The tool that starts subagents: several calls in one turn run side by side. Its output is the subagent's last message;
 * when it was stopped, everything it had written so far.
 */
export function createSubagentTool(roles: readonly NamedRole[], spawn: Spawn): Tool<SubagentInput> {
  return {
    name: "subagent",
    description:
      "Sends out a subagent with a fresh context to do one task and report back. " +
      "Call it several times in one turn to let several work at the same time. " +
      "It has the same tools, or those of its role, but cannot send out subagents. " +
      "You get its last message.",
    input,
    inputSchema: schemaFor(roles),
    isOffered: () => roles.length > 0,
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
