/** The MCP server that a request names, and the answer when it fails. */
import type { Context } from "hono";
import type { McpPlaceRequest } from "../../shared/requests";
import type { ConfiguredServer } from "../mcp/configured-server";
import { McpError, type McpSession } from "../mcp/mcp-servers";
import { httpError } from "./http-error";
import { mcpSessionOf } from "./mcp-session";
import { findById } from "./request";
import type { Services } from "./services";
import { checkDirectory } from "./session-options";

/** The session as the servers see it. Throws the HTTP error of one that is not there. */
export async function mcpPlace(
  c: Context,
  services: Pick<Services, "sessions" | "engines" | "cwd">,
  { cwd: named, sessionId }: Omit<McpPlaceRequest, "name">,
): Promise<{ cwd: string; session: McpSession | undefined }> {
  const { sessions, cwd: base } = services;
  const live = sessionId === undefined ? undefined : findById(c, sessions, sessionId);
  const cwd = await checkDirectory(named ?? live?.session.cwd ?? base, base);
  return { cwd, session: live && { ...mcpSessionOf(services, live), cwd } };
}

/** One of the settings or the project that may be started. Throws the HTTP error of another. */
export async function configuredServer(
  c: Context,
  services: Services,
  request: McpPlaceRequest,
): Promise<ConfiguredServer> {
  const { cwd } = await mcpPlace(c, services, request);
  const all = await services.mcpConfiguration.configured(cwd, c.req.raw.signal);
  const found = all.find(({ name, standing }) => name === request.name && standing === "on");
  if (found) return found;
  throw httpError(409, "mcp", `There is no MCP server “${request.name}” that may be started.`);
}

/** What it throws for an MCP server's failure; any other error as it is. */
export function mcpFailure(error: unknown): unknown {
  return error instanceof McpError ? httpError(502, "mcp", error.message) : error;
}
