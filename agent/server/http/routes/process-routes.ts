/** The routes of the background processes of a session: list, output, pin, stop. */
import { Hono } from "hono";
import { processOutputQuery, processPatchRequest } from "../../../shared/requests";
import { httpError } from "../http-error";
import { body } from "../body";
import { find, stopBy } from "../request";
import type { Services } from "../services";

export function createProcessRoutes({ sessions, background }: Services): Hono {
  const app = new Hono();

  app.get("/api/sessions/:id/processes", (c) =>
    c.json({ processes: background.inspect(find(c, sessions).session.id) }),
  );

  app.get("/api/sessions/:id/processes/:processId/output", async (c) => {
    const { id } = find(c, sessions).session;
    const { after } = processOutputQuery.parse(c.req.query());
    return c.json(known(await background.output(id, c.req.param("processId"), after)));
  });

  app.patch("/api/sessions/:id/processes/:processId", async (c) => {
    const { id } = find(c, sessions).session;
    const { pinned } = processPatchRequest.parse(await body(c));
    return c.json({ process: known(background.pin(id, c.req.param("processId"), pinned)) });
  });

  app.post("/api/sessions/:id/processes/:processId/stop", async (c) => {
    const { id } = find(c, sessions).session;
    const end = known(await background.stop(id, c.req.param("processId"), stopBy(c)));
    return c.json({ ended: end.ended, survivors: end.survivors, proof: end.proof });
  });

  return app;
}

/** A process that was named; refuses when there is none of that name. */
function known<T>(found: T | undefined): T {
  if (found !== undefined) return found;
  throw httpError(404, "process", "The process was not found.");
}
