/** A tool of an MCP server as a tool of the agent: it asks like all others, shows how far it is, and a stop ends it. */
import { z } from "zod";
import { type Tool, type ToolContext, ToolError, type ToolResult } from "../tools/tool";
import { takeAnswer } from "./call-result";
import { McpError } from "./mcp-error";
import type { OfferedTool } from "./offered-tools";
import type { ServerConnection } from "./server-connection";

type Input = Record<string, unknown>;

/** Uses a connection that is ready. Throws McpError, the signal's reason, or what `use` does. */
export type WithServer = <T>(
  use: (connection: ServerConnection) => Promise<T>,
  signal: AbortSignal,
) => Promise<T>;

/** The least between two words of progress, in milliseconds: a server may send thousands. */
const progressMs = 250;

export function serverTool(
  server: string,
  offered: OfferedTool,
  withServer: WithServer,
): Tool<Input> {
  const { name, description, schema } = offered;
  return {
    name,
    description: `${description}\n(A tool of the MCP server ${server}.)`.trim(),
    input: z.record(z.string(), z.unknown()),
    inputSchema: schema,
    prepare: (input, context, signal) => ({
      access: { kind: "tool", tool: name, subject: JSON.stringify(input, null, 2) },
      run: () => runCall(server, offered, withServer, input, context, signal),
    }),
  };
}

async function runCall(
  server: string,
  { own, isWrapped }: OfferedTool,
  withServer: WithServer,
  input: Input,
  context: ToolContext,
  signal: AbortSignal,
): Promise<ToolResult> {
  const value = isWrapped ? input["input"] : input;
  try {
    const answer = await withServer(
      (connection) => callUntilStop(connection, own, value as Input, context, signal),
      signal,
    );
    const files = await takeAnswer(server, answer, context, signal);
    if (answer.isError) throw new ToolError(`${server} says that this failed.`);
    return files.length === 0 ? {} : { files };
  } catch (error) {
    if (error instanceof McpError) throw new ToolError(error.message);
    throw error;
  }
}

/** A stop tells the server, and ends it where it is a program: many go on regardless. */
async function callUntilStop(
  connection: ServerConnection,
  name: string,
  input: Input,
  context: ToolContext,
  signal: AbortSignal,
) {
  const progress = sparing((words) => context.progress(words));
  try {
    return await connection.call(name, input, progress, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    if (!connection.isProgram) context.stopped("told");
    else {
      const end = await connection.end("call", context.hardSignal);
      if (end) context.stopped(end);
    }
    throw error;
  }
}

function sparing(show: (words: string) => void): (words: string) => void {
  let at = -Infinity;
  return (words) => {
    const now = performance.now();
    if (now - at < progressMs) return;
    at = now;
    show(words);
  };
}
