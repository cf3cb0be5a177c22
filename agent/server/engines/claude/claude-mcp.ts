/** MCP servers as Claude Code is told of them, over its input: in a file or an argument, others could read their secrets. */
import type { GivenServer } from "../engine";
import { serversSet } from "./claude-messages";

/** A control request; by it Claude Code starts or reaches all of them, and then answers. */
export function setServers(all: readonly GivenServer[]): { subtype: string; servers: object } {
  const servers = Object.fromEntries(all.map(({ server: { name, ...server } }) => [name, server]));
  return { subtype: "mcp_set_servers", servers };
}

/** From the answer, a sentence for people about those that it lacks, if any: without the words of a failure, which can have a secret. */
export function lackingServers(all: readonly GivenServer[], answer: unknown): string[] {
  const { errors = {} } = serversSet.safeParse(answer).data ?? {};
  const names = all.map(({ server }) => server.name).filter((name) => Object.hasOwn(errors, name));
  if (names.length === 0) return [];
  const servers = names.length === 1 ? "The MCP server" : "The MCP servers";
  return [`${servers} ${names.join(", ")} could not be started or reached.`];
}
