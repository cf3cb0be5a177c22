/** The route of the history of stops, as JSON or CSV. */
import { Hono } from "hono";
import { stopsQuery } from "../../../shared/requests";
import { selectStops, stopsCsv } from "../../session/stop-history";
import type { Services } from "../services";

export function createStopHistoryRoutes({ store }: Services): Hono {
  const app = new Hono();

  app.get("/api/stops", (c) => {
    const query = stopsQuery.parse(c.req.query());
    const stops = selectStops(store.stopped(), query);
    if (query.format === "json")
      return c.json({ stops }, 200, { "Content-Disposition": 'attachment; filename="stops.json"' });
    return c.body(stopsCsv(stops), 200, {
      "Content-Type": "text/csv; charset=utf-8",
      "Content-Disposition": 'attachment; filename="stops.csv"',
    });
  });

  return app;
}
