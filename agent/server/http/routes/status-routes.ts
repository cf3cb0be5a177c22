/** The routes that watch over the server: its health, which needs no token, and its metrics. */
import { Hono } from "hono";
import type { Services } from "../services";

export function createStatusRoutes({ jobs, metrics, version }: Services): Hono {
  const app = new Hono();

  app.get("/api/health", async (c) =>
    c.json({
      status: "ok",
      version,
      processes: await jobs.capabilities(),
      sandboxed: (await jobs.confinement()) !== undefined,
    }),
  );

  app.get("/metrics", (c) =>
    c.body(metrics.text(), 200, {
      "Content-Type": "text/plain; version=0.0.4; charset=utf-8",
    }),
  );

  return app;
}
