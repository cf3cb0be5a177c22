/** The routes of signing in to MCP servers, and the address to which services answer. */
import { type Context, Hono } from "hono";
import { type McpSignInAddress, originHeader } from "../../../shared/protocol";
import { mcpCallbackQuery, mcpPlaceRequest } from "../../../shared/requests";
import { McpError } from "../../mcp/mcp-servers";
import { body } from "../body";
import { httpError } from "../http-error";
import { configuredServer, mcpFailure } from "../mcp-place";
import { callbackPath, callbackPolicy } from "../response-headers";
import type { Services } from "../services";

export function createMcpSignInRoutes(services: Services): Hono {
  const { mcp, mcpSignIns } = services;
  const app = new Hono();

  app.post("/api/mcp/sign-in", async (c) => {
    const request = mcpPlaceRequest.parse(await body(c));
    const { auth } = await configuredServer(c, services, request);
    if (auth === undefined)
      throw httpError(409, "mcp", `“${request.name}” is no MCP server that one signs in to.`);
    try {
      const url = await auth.signIn(ownAddress(c), c.req.raw.signal);
      return c.json({ url } satisfies McpSignInAddress);
    } catch (error) {
      throw mcpFailure(error);
    }
  });

  app.post("/api/mcp/sign-out", async (c) => {
    const request = mcpPlaceRequest.parse(await body(c));
    const { auth } = await configuredServer(c, services, request);
    auth?.signOut();
    mcp.outdate();
    return c.json({ removed: true });
  });

  /** Without a credential: a person comes from the service's page, and the state is one that only this server and that one know. */
  app.get(callbackPath, async (c) => {
    c.header("Content-Security-Policy", callbackPolicy);
    c.header("Referrer-Policy", "no-referrer");
    // A program that looks where a link leads does not come back from the service.
    if (c.req.raw.method === "HEAD") return c.body(null);
    const parsed = mcpCallbackQuery.safeParse(c.req.query());
    if (!parsed.success) return c.text("This is not the answer of a sign-in.", 400);
    try {
      await mcpSignIns.finish(parsed.data, c.req.raw.signal);
    } catch (error) {
      if (error instanceof McpError) return c.text(error.message, 400);
      throw error;
    }
    mcp.outdate();
    return c.text("You are signed in. You can close this tab.");
  });

  return app;
}

/** Under the name that the request came to, which was checked. The page's own address says whether a proxy speaks TLS before this server. */
function ownAddress(c: Context): string {
  const passed = c.get("hop") === undefined ? undefined : c.req.header(originHeader);
  const origin = passed ?? c.req.header("origin") ?? `http://${c.req.header("host") ?? ""}`;
  return new URL(callbackPath, origin).href;
}
