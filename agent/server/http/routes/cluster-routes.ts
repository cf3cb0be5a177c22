/** GET /api/cluster: the machines that work together, as this one sees them. */
import { Hono } from "hono";
import type { ClusterAnswer } from "../../../shared/protocol";
import type { Services } from "../services";

export function createClusterRoutes({ cluster }: Pick<Services, "cluster">): Hono {
  const app = new Hono();

  app.get("/api/cluster", async (c) => {
    const alone: ClusterAnswer = { nodes: [] };
    return c.json(cluster === undefined ? alone : await cluster.look(c.req.raw.signal));
  });

  return app;
}
