/** GET /api/engines: every engine, whether it was found, and what it can do. */
import { Hono } from "hono";
import { listEngines } from "../engine-info";
import type { Services } from "../services";

export function createEngineRoutes(services: Services): Hono {
  const app = new Hono();
  app.get("/api/engines", async (c) => c.json(await listEngines(services)));
  return app;
}
