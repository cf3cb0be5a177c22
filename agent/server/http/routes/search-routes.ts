/** The route of the search through all sessions. */
import { Hono } from "hono";
import { defined } from "../../../shared/defined";
import { searchQuery } from "../../../shared/requests";
import { findMessages, findWithPositions, type SearchQuery } from "../../search/find-messages";
import { readPlaces, searchAllNodes } from "../cluster/search-all-nodes";
import { httpError } from "../http-error";
import type { Services } from "../services";

export function createSearchRoutes({ search, store, sessions, cluster }: Services): Hono {
  const app = new Hono();
  const parts = () => ({ index: search, store, sessions: sessions.list() });

  app.get("/api/search", async (c) => {
    const { before, ...query } = defined(searchQuery.parse(c.req.query()));
    if (cluster === undefined) return c.json(findMessages(parts(), own(query, before)));
    if (c.get("hop") !== undefined) return c.json(findWithPositions(parts(), own(query, before)));
    const places = typeof before === "string" ? readPlaces(before) : undefined;
    if (before !== undefined && places === undefined) throw noPlace();
    const { signal } = c.req.raw;
    const { sessionId } = query;
    const owner = sessionId && (await cluster.places.ownerOf(sessionId, signal)).node;
    const here = (place: number | undefined) => findWithPositions(parts(), own(query, place));
    const isAsked = (node: string) => !owner || node === owner;
    return c.json(
      await searchAllNodes(cluster, { ...query, before: places }, here, isAsked, signal),
    );
  });

  return app;
}

/** Of this node alone. */
function own(query: Omit<SearchQuery, "before">, before: number | string | undefined): SearchQuery {
  if (typeof before === "string") throw noPlace();
  return { ...query, ...defined({ before }) };
}

function noPlace() {
  return httpError(400, "input", "before: expected the `next` of the page before");
}
