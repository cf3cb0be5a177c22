/** The session for which MCP servers are looked at or used, as the MCP room knows it. */
import type { Context } from "hono";
import type { Session } from "../../shared/protocol";
import type { McpSession } from "../mcp/mcp-servers";
import type { LiveSession } from "../session/live-session";
import { findById } from "./request";
import type { Services } from "./services";
import { checkDirectory } from "./session-options";

export function mcpSessionOf(
  { engines }: Pick<Services, "engines">,
  { session, mcpServers: servers }: Pick<LiveSession, "session" | "mcpServers">,
): McpSession {
  const { id, cwd, engine } = session;
  return { id, cwd, servers, engine: engine && engineOf(engines, engine) };
}

function engineOf(engines: Services["engines"], { id, name }: NonNullable<Session["engine"]>) {
  const known = engines.find(id);
  return {
    name: known?.name ?? name ?? id,
    takesMcpServers: known?.gives.takesMcpServers === true,
  };
}

/** Which session, or, of one that has no message yet, the id that it will have and its directory. */
export interface McpPlace {
  sessionId: string;
  cwd?: string | undefined;
}

/** Refuses an unknown one without a directory, and a directory that is none. */
export async function findMcpSession(
  c: Context,
  services: Services,
  { sessionId, cwd }: McpPlace,
): Promise<McpSession> {
  if (services.sessions.has(sessionId) || cwd === undefined)
    return mcpSessionOf(services, findById(c, services.sessions, sessionId));
  return { id: sessionId, cwd: await checkDirectory(cwd, services.cwd), servers: [] };
}
