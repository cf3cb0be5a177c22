/** Refuses what is not for the one who asks: by the route, and by each session that the route looks up. */
import type { Context, MiddlewareHandler } from "hono";
import type { Asker, SessionRole, SessionSummary } from "../../shared/protocol";
import { includesRole, type Owned, roleIn } from "../../shared/session-roles";
import { type HttpError, httpError } from "./http-error";
import { routeOf } from "./route-of";
import { roleOf, type RouteRole } from "./route-roles";

declare module "hono" {
  interface ContextVariableMap {
    routeRole: RouteRole;
  }
}

/** To stand behind the guard and before the routes. */
export const checkRouteRole: MiddlewareHandler = async (c, next) => {
  const role = roleOfRoute(c);
  if (role !== undefined) {
    c.set("routeRole", role);
    if (role === "admin") requireAdmin(c);
  }
  return next();
};

/** Undefined for what is no route of the API: the page, and what is not found. Throws for a route that the table lacks. */
function roleOfRoute(c: Context): RouteRole | undefined {
  const name = routeOf(c);
  if (name === "") return undefined;
  const role = roleOf(name);
  if (role === undefined) throw new Error(`${name} is not in the table of roles`);
  return role;
}

/** Refuses everyone but admins of the server. */
export function requireAdmin(c: Context): void {
  if (askerOf(c).role !== "admin")
    throw httpError(403, "role", "This is for admins of the server. Ask one of them.");
}

/** Who asks. Not on public routes, where nobody is known. */
export function askerOf(c: Context): Asker {
  const asker: Asker | undefined = c.get("asker");
  if (asker === undefined) throw new Error("Nobody is known on a public route");
  return asker;
}

/** Whether they may see this session at all. */
export function maySee(c: Context, owned: Owned): boolean {
  return roleIn(askerOf(c), owned, Date.now()) !== undefined;
}

/** Those of a list that they may see. */
export function visibleTo<One extends SessionSummary>(c: Context, all: readonly One[]): One[] {
  return askerOf(c).role === "admin" ? [...all] : all.filter((one) => maySee(c, one));
}

/** Refuses what the route does in this session: as an unknown one to those who may not even see it. */
export function checkSession(
  c: Context,
  owned: Owned & { id: string },
  needed = neededRole(c),
): void {
  const role = roleIn(askerOf(c), owned, Date.now());
  if (role === undefined) throw unknownSession(owned.id);
  if (!includesRole(role, needed))
    throw httpError(403, "role", role === "watch" ? mayWatch : maySteer);
}

export function unknownSession(id: string): HttpError {
  return httpError(404, "session", `There is no session ${id}.`);
}

/** What the table says of this route. One that is of no session lets no session be seen but to those who have all of it. */
function neededRole(c: Context): SessionRole {
  const role = c.get("routeRole");
  return role.startsWith("session ") ? (role.slice("session ".length) as SessionRole) : "admin";
}

const mayWatch =
  "You may watch this session and stop it, but not steer it. Ask its owner for a link that lets you.";
const maySteer = "You may steer this session, but not rename, delete or share it. Ask its owner.";
