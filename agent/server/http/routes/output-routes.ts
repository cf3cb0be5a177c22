/** The whole output of a tool call, of which the conversation has the ends. */
import { Hono } from "hono";
import { httpError } from "../http-error";
import { find } from "../request";
import type { Services } from "../services";

export function createOutputRoutes({ sessions, outputs }: Services): Hono {
  const app = new Hono();

  /** No browser takes it for a page. */
  app.get("/api/sessions/:id/outputs/:callId", async (c) => {
    const { id } = find(c, sessions).session;
    const bytes = await outputs.read(id, c.req.param("callId"), c.req.raw.signal);
    if (bytes === undefined) throw httpError(404, "output", "No output of this call is kept.");
    return new Response(new Uint8Array(bytes), {
      headers: {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Disposition": "attachment",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
      },
    });
  });

  return app;
}
