/** The route of the history of stops, as JSON or CSV. */
import { Hono } from "hono";
import { stopsQuery } from "../../../shared/requests";
import { selectStops, stopsCsv } from "../../session/stop-history";
import { askerOf, visibleTo } from "../check-role";
import type { Services } from "../services";

export function createStopHistoryRoutes({ store, sessions }: Services): Hono {
  const app = new Hono();

  app.get("/api/stops", (c) => {
    const query = stopsQuery.parse(c.req.query());
    const seen = new Set(visibleTo(c, sessions.list()).map(({ id }) => id));
    const all = store.stopped();
    const { role } = askerOf(c);
    const shown = role === "admin" ? all : all.filter(({ sessionId }) => seen.has(sessionId));
    const stops = selectStops(shown, query);
    if (query.format === "json")
      return c.json({ stops }, 200, { "Content-Disposition": 'attachment; filename="stops.json"' });
    return c.body(stopsCsv(stops), 200, {
      "Content-Type": "text/csv; charset=utf-8",
      "Content-Disposition": 'attachment; filename="stops.csv"',
    });
  });

  return app;
}
