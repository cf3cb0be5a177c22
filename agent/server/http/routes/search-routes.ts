/** The route of the search through all sessions. */
import { Hono } from "hono";
import { defined } from "../../../shared/defined";
import { searchQuery } from "../../../shared/requests";
import { findMessages } from "../../search/find-messages";
import type { Services } from "../services";

export function createSearchRoutes({ search, store, sessions }: Services): Hono {
  const app = new Hono();

  app.get("/api/search", (c) => {
    const query = defined(searchQuery.parse(c.req.query()));
    return c.json(findMessages({ index: search, store, sessions: sessions.list() }, query));
  });

  return app;
}
