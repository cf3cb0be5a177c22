/** The routes that watch over the server: its health, which needs no token, its storage, and its metrics. */
import { Hono } from "hono";
import type { Services } from "../services";

export function createStatusRoutes({ jobs, metrics, store, version, shutDown }: Services): Hono {
  const app = new Hono();

  app.get("/api/health", async (c) =>
    c.json({
      status: "ok",
      version,
      processes: await jobs.capabilities(),
      sandboxed: (await jobs.confinement()) !== undefined,
    }),
  );

  /** A person has read what the start found to be missing. */
  app.delete("/api/storage/missing", (c) => {
    store.confirmMissing();
    return c.json({ confirmed: true });
  });

  /** Answered before it begins: then every connection is closed. */
  app.post("/api/shutdown", (c) => {
    store.flush();
    const unsaved = store.heldSessions;
    shutDown();
    return c.json({ shuttingDown: true, ...(unsaved > 0 && { unsaved }) }, 202);
  });

  app.get("/metrics", (c) =>
    c.body(metrics.text(), 200, {
      "Content-Type": "text/plain; version=0.0.4; charset=utf-8",
    }),
  );

  return app;
}
