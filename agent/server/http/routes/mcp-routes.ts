/** The routes of MCP servers: those of a directory, a person's answers about those of its project, and a new start. */
import { type Context, Hono } from "hono";
import type { McpConfigurationAnswer, McpServerView } from "../../../shared/protocol";
import { mcpAnswerRequest, mcpPlaceRequest, mcpQuery } from "../../../shared/requests";
import { body } from "../body";
import { httpError } from "../http-error";
import { mcpFailure, mcpPlace } from "../mcp-place";
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

  app.post("/api/mcp/restart", async (c) => {
    const request = mcpPlaceRequest.parse(await body(c));
    const { cwd, session } = await mcpPlace(c, services, request);
    const { signal } = c.req.raw;
    try {
      const view = await services.mcp.restart(cwd, session, request.name, signal);
      return c.json(view satisfies McpServerView);
    } catch (error) {
      // The request was aborted: no answer is read.
      if (signal.aborted) throw httpError(408, "closed", "The start was given up.");
      throw mcpFailure(error);
    }
  });

  return app;
}

async function answer(
  c: Context,
  services: Services,
  named: string | undefined,
  sessionId: string | undefined,
): Promise<McpConfigurationAnswer> {
  const { mcpConfiguration, mcp } = services;
  const { signal } = c.req.raw;
  const { cwd, session } = await mcpPlace(c, services, { cwd: named, sessionId });
  const { entries, problems } = await mcpConfiguration.entries(cwd, signal);
  const servers = await mcp.view(cwd, session, signal);
  return { cwd, servers, entries, problems };
}
