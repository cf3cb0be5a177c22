/** The routes that watch over the server: its health, which needs no token, its storage, and its metrics. */
import { Hono } from "hono";
import { httpError } from "../http-error";
import type { Services } from "../services";

type Parts = Pick<Services, "jobs" | "metrics" | "store" | "version" | "shutDown" | "shared">;

export function createStatusRoutes(parts: Parts): Hono {
  const { jobs, metrics, store, version, shutDown, shared } = parts;
  const app = new Hono();

  app.get("/api/health", async (c) => {
    // Who asks whether the server is well restarts it when it is not.
    if (!store.isAnswering()) throw httpError(503, "storage", noDatabase);
    return c.json({
      status: "ok",
      version,
      processes: await jobs.capabilities(),
      sandboxed: (await jobs.confinement()) !== undefined,
      // By this other nodes know that it lives, also without the database.
      ...(shared && {
        cluster: { node: shared.node, boot: shared.boot, database: shared.state.name },
      }),
    });
  });

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

/** Read without a token: it names no path. */
const noDatabase =
  "The database does not answer. Look whether the disk of the data directory is there and has room, and start Rein again; its log says more.";
