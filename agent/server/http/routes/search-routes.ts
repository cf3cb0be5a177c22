/** The route of the search through all sessions. */
import { type Context, Hono } from "hono";
import { defined } from "../../../shared/defined";
import type { SearchAnswer } from "../../../shared/protocol";
import { searchQuery } from "../../../shared/requests";
import { visibleTo } from "../check-role";
import {
  findMessages,
  findWithPositions,
  type SearchParts,
  type SearchQuery,
} from "../../search/find-messages";
import { passedHeaders } from "../cluster/passed-headers";
import { type Places, readPlaces, searchAllNodes } from "../cluster/search-all-nodes";
import { httpError } from "../http-error";
import type { Services } from "../services";

export function createSearchRoutes({ search, store, sessions, cluster }: Services): Hono {
  const app = new Hono();
  const partsFor = (c: Context) => ({
    index: search,
    store,
    sessions: visibleTo(c, sessions.list()),
  });

  app.get("/api/search", async (c) => {
    const { before, ...query } = defined(searchQuery.parse(c.req.query()));
    const parts = partsFor(c);
    if (c.get("hop") !== undefined) return c.json(findWithPositions(parts, own(query, before)));
    if (cluster === undefined) return c.json(findSeen(parts, own(query, before)));
    const places = placesIn(before);
    const { signal } = c.req.raw;
    const { sessionId } = query;
    const owner = sessionId && (await cluster.places.ownerOf(sessionId, signal)).node;
    const here = (place: number | undefined) => findWithPositions(parts, own(query, place));
    const isAsked = (node: string) => !owner || node === owner;
    return c.json(
      await searchAllNodes(
        cluster,
        { ...query, before: places, headers: passedHeaders(c) },
        here,
        isAsked,
        signal,
      ),
    );
  });

  return app;
}

/** So many pages are looked through for what may be shown. */
const maxPages = 20;

/** What others have said takes places on a page, and is not shown: then the next ones are looked at. */
function findSeen(parts: SearchParts, query: SearchQuery): SearchAnswer {
  const answer = findMessages(parts, query);
  for (let page = 1; page < maxPages; page++) {
    const { next: before } = answer;
    if (typeof before !== "number" || answer.messages.length >= query.limit) break;
    const more = findMessages(parts, { ...query, before });
    answer.messages.push(...more.messages);
    if (more.next === undefined) delete answer.next;
    else answer.next = more.next;
  }
  return answer;
}

/** Of this node alone. */
function own(query: Omit<SearchQuery, "before">, before: number | string | undefined): SearchQuery {
  if (typeof before === "string") throw noPlace();
  return { ...query, ...defined({ before }) };
}

/** Of a search through several servers. Throws the refusal of what is no place of it. */
export function placesIn(before: number | string | undefined): Places {
  if (before === undefined) return undefined;
  const places = typeof before === "string" ? readPlaces(before) : undefined;
  if (places === undefined) throw noPlace();
  return places;
}

function noPlace() {
  return httpError(400, "input", "before: expected the `next` of the page before");
}
