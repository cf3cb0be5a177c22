/** The route of the search through all sessions. */
import { Hono } from "hono";
import { defined } from "../../../shared/defined";
import { searchQuery } from "../../../shared/requests";
import { visibleTo } from "../check-role";
import { findMessages } from "../../search/find-messages";
import type { Services } from "../services";

/** So many are looked through for those that may be shown. */
const maxPages = 20;

export function createSearchRoutes({ search, store, sessions }: Services): Hono {
  const app = new Hono();

  app.get("/api/search", (c) => {
    const query = defined(searchQuery.parse(c.req.query()));
    const parts = { index: search, store, sessions: visibleTo(c, sessions.list()) };
    const answer = findMessages(parts, query);
    // What others have said takes places on a page, and is not shown.
    for (let page = 1; page < maxPages && answer.next !== undefined; page++) {
      const { length } = answer.messages;
      if (length >= query.limit) break;
      const more = findMessages(parts, { ...query, before: answer.next });
      answer.messages.push(...more.messages);
      if (more.next === undefined) delete answer.next;
      else answer.next = more.next;
    }
    return c.json(answer);
  });

  return app;
}
