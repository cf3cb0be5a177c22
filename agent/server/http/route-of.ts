/** Which route a request is for, by the name under which the tables have it. */
import type { Context } from "hono";
import { matchedRoutes } from "hono/route";

/** As it is registered, also before it is reached: "GET /api/sessions/:id"; empty where there is none, and for the page. */
export function routeOf(c: Context): string {
  const route = matchedRoutes(c).find(
    ({ method, path }) => method !== "ALL" && !path.includes("*"),
  );
  return route === undefined ? "" : `${route.method} ${route.path}`;
}
