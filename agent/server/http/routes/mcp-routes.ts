/** The routes of MCP servers: those of a directory, and a person's answers about those of its project. */
import { type Context, Hono } from "hono";
import type { McpConfigurationAnswer } from "../../../shared/protocol";
import { mcpAnswerRequest, mcpQuery } from "../../../shared/requests";
import { body } from "../body";
import { httpError } from "../http-error";
import { mcpSessionOf } from "../mcp-session";
import { findById } from "../request";
import type { Services } from "../services";
import { checkDirectory } from "../session-options";

export function createMcpRoutes(services: Services): Hono {
  const { mcpConfiguration, cwd: base } = services;
  const app = new Hono();

  app.get("/api/mcp", async (c) => {
    const { cwd, sessionId } = mcpQuery.parse(c.req.query());
    return c.json(await answer(c, services, cwd, sessionId));
  });

  app.post("/api/mcp/answer", async (c) => {
    const request = mcpAnswerRequest.parse(await body(c));
    const cwd = await checkDirectory(request.cwd ?? base, base);
    if (!(await mcpConfiguration.answer(cwd, request, c.req.raw.signal)))
      throw httpError(
        409,
        "digest",
        `The server “${request.name}” of the project has changed since it was shown. Look at it again.`,
      );
    services.mcp.outdate();
    return c.json(await answer(c, services, cwd, undefined));
  });

  return app;
}

async function answer(
  c: Context,
  services: Services,
  named: string | undefined,
  sessionId: string | undefined,
): Promise<McpConfigurationAnswer> {
  const { mcpConfiguration, mcp, sessions, cwd: base } = services;
  const { signal } = c.req.raw;
  const live = sessionId === undefined ? undefined : findById(sessions, sessionId);
  const cwd = await checkDirectory(named ?? live?.session.cwd ?? base, base);
  const { entries, problems } = await mcpConfiguration.entries(cwd, signal);
  const session = live && { ...mcpSessionOf(services, live), cwd };
  const servers = await mcp.view(cwd, session, signal);
  return { cwd, servers, entries, problems };
}
