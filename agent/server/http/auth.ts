/** Which requests are let in: under a name of this machine, from a page of this server, with a credential. */
import type { Context, MiddlewareHandler } from "hono";
import { deleteCookie, getCookie } from "hono/cookie";
import { hopHeader, updatedMark } from "../../shared/protocol";
import { hostname, isIP } from "../config/hostname";
import { httpError } from "./http-error";
import { routeOf } from "./route-of";
import { roleOf } from "./route-roles";
import { type Access, identify, refuseEnded, refuseToken } from "./who-asks";

/**
 * Checks Host, Origin and Sec-Fetch-Site (a page of another site can neither reach this server under a name of its own
 * nor send to it), then the credential: `Authorization: Bearer` with that of a sign-in, made for this very host, or with
 * the script token, or an API key. There is no other way to send one: a cookie would go to every port of the host. A proxy
 * that is trusted with it may name who asks instead. What a stranger gets are the page's files, and what the table of roles
 * says is public.
 */
export function guard(access: Access): MiddlewareHandler {
  return async (c, next) => {
    if (access.cluster !== undefined && c.req.header(hopHeader) !== undefined) {
      // Another node has passed it on, from whoever it let in, and under any name.
      const isAccepted = await access.cluster.accept(c);
      if (!isAccepted) return refuseToken(c, access.wrongTokens);
      c.set("refuseEnded", () => refuseEnded(c, access));
      return next();
    }
    const host = c.req.header("host") ?? "";
    checkHost(host, access.hosts);
    const origin = c.req.header("origin");
    if (origin !== undefined && !isSameOrigin(origin, host))
      throw httpError(403, "origin", `Requests from pages of ${origin} are not accepted.`);
    const route = routeOf(c);
    const role = roleOf(route);
    if (role === "linked" || (route === "" && isPageFile(c))) return removeOldCookie(c, host, next);
    const site = c.req.header("sec-fetch-site") ?? "none";
    if (site !== "same-origin" && site !== "none")
      throw httpError(403, "site", "Requests from pages of another site or port are not accepted.");
    if (role !== "public") await identify(c, access, host);
    c.set("refuseEnded", () => refuseEnded(c, access));
    return next();
  };
}

/** Of what is no route. */
function isPageFile(c: Context): boolean {
  const { method, path } = c.req;
  const isRead = method === "GET" || method === "HEAD";
  return isRead && !path.startsWith("/api/");
}

/** Before there were sign-ins the token was a cookie, which goes to every port of the host. */
async function removeOldCookie(c: Context, host: string, next: () => Promise<void>): Promise<void> {
  await next();
  const name = `rein_${/:(\d+)$/.exec(host)?.[1] ?? ""}`;
  if (getCookie(c, name) === undefined) return;
  deleteCookie(c, name);
  // The page can read this one header of its own answer: it says why it asks to sign in.
  c.header("Server-Timing", updatedMark);
}

/** Anyone can make a name point here (DNS rebinding), but not an address. */
function checkHost(host: string, hosts: string[]): void {
  const name = hostname(host);
  if (name === "localhost" || isIP(name) || hosts.includes(name)) return;
  const advice = "Add it to REIN_HOSTS if it is yours.";
  throw httpError(403, "host", `This server does not answer to the name “${host}”. ${advice}`);
}

function isSameOrigin(origin: string, host: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}
