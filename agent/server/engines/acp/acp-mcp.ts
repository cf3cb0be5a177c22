/** MCP servers as ACP has them, and the names of their tools where an agent names them in a way of its own. */
import type { GivenServer } from "../engine";
import type { AcpAgent } from "./acp-agent";
import type { ToolUpdate } from "./acp-schemas";

/** As `session/new` and its like have a server. */
export function acpServer({ server }: GivenServer): object {
  const { name } = server;
  if (server.type === "http")
    return { type: "http", name, url: server.url, headers: pairsOf(server.headers) };
  const { command, args, env } = server;
  return { name, command, args, env: pairsOf(env) };
}

function pairsOf(values: Record<string, string>): { name: string; value: string }[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}

/**
 * `mcp__server__tool` of a call, by what is said of it first: a later title can be the model's. Undefined where it is no tool
 * of these servers. One that could be of two servers gets a name that no tool of either has, so that no rule for one of them
 * covers it.
 */
export function mcpToolName(
  { title, kind }: ToolUpdate,
  mcpTool: AcpAgent["mcpTool"],
  given: readonly GivenServer[] = [],
): string | undefined {
  if (mcpTool === undefined || !title || (kind ?? "other") !== "other") return undefined;
  const named = given.flatMap(({ server: { name } }) => {
    const start = mcpTool(name, "");
    return title.startsWith(start) ? [`mcp__${name}__${title.slice(start.length)}`] : [];
  });
  return named.length > 1 ? `mcp__(${title})` : named[0];
}
