/** The machines that work together, as this one sees them; and the removal of one that is gone for good. */
import { Hono } from "hono";
import type { ClusterAnswer, RemovedNode } from "../../../shared/protocol";
import { httpError } from "../http-error";
import type { Services } from "../services";

export function createClusterRoutes({
  cluster,
  engines,
}: Pick<Services, "cluster" | "engines">): Hono {
  const app = new Hono();

  app.get("/api/cluster", async (c) => {
    const alone: ClusterAnswer = { nodes: [] };
    return c.json(cluster === undefined ? alone : await cluster.look(c.req.raw.signal));
  });

  app.delete("/api/cluster/nodes/:name", async (c) => {
    if (cluster === undefined) throw httpError(400, "node", "This server is no node of a cluster.");
    const name = c.req.param("name");
    const removal = await cluster.remove(name, engines, c.req.raw.signal);
    if ("refused" in removal)
      throw httpError(removal.refused === "unknown" ? 404 : 409, "node", removal.words);
    return c.json({ removed: name, ...removal } satisfies RemovedNode);
  });

  return app;
}
