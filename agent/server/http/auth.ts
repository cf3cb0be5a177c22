/** Which requests are let in: with the token, from a page of this server, under a name of this machine. */
import { timingSafeEqual } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { Config } from "../config/config";
import { hostname, isIP } from "../config/hostname";
import { answerFailure } from "./error-answer";
import { answerSignIn, readToken } from "./sign-in-page";

type AuthOptions = Pick<Config, "token" | "hosts">;

/**
 * Checks Host and Origin on every route (a page of another site can neither reach this server under a name of its own nor post to it),
 * then the token: `Authorization: Bearer`, the cookie, or `?token=` in the first address, which sets the cookie.
 */
export function guard(options: AuthOptions, port: () => number): MiddlewareHandler {
  return async (c, next) => {
    const host = c.req.header("host") ?? "";
    if (!isAllowedHost(host, options.hosts))
      return answerFailure(
        c,
        403,
        "host",
        `This server does not answer to the name “${host}”. Add it to REIN_HOSTS if it is yours.`,
      );
    const origin = c.req.header("origin");
    if (origin !== undefined && !isSameOrigin(origin, host))
      return answerFailure(c, 403, "origin", `Requests from pages of ${origin} are not accepted.`);
    if (c.req.path === "/api/health") return next();
    // Cookies know no port: the name keeps two servers on one machine apart.
    return checkToken(c, options.token, `rein_${port()}`, next);
  };
}

async function checkToken(c: Context, token: string, cookie: string, next: () => Promise<void>) {
  const bearer = c.req.header("authorization")?.match(/^Bearer (.+)$/i)?.[1];
  const presented = bearer ?? getCookie(c, cookie);
  if (presented !== undefined && isSame(presented, token)) return next();
  const asked = c.req.method === "GET" ? c.req.query("token") : undefined;
  if (asked !== undefined && isSame(readToken(asked), token)) {
    const year = 60 * 60 * 24 * 365;
    setCookie(c, cookie, token, {
      httpOnly: true,
      sameSite: "Strict",
      path: "/",
      maxAge: year,
    });
    const url = new URL(c.req.url);
    url.searchParams.delete("token");
    // Two slashes at the beginning would name another server.
    return c.redirect(url.pathname.replace(/^\/+/, "/") + url.search, 303);
  }
  const isPage = !c.req.path.startsWith("/api/") && c.req.header("accept")?.includes("text/html");
  if (isPage) {
    c.set("failure", { code: "token" });
    return answerSignIn();
  }
  const message =
    "The token is missing or wrong. Open the address that the server printed when it started (it ends in ?token=…), " +
    "or send it as “Authorization: Bearer …”.";
  return answerFailure(c, 401, "token", message);
}

/** Compares in constant time, and lengths openly. */
function isSame(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Anyone can make a name point here (DNS rebinding), but not an address. */
function isAllowedHost(host: string, hosts: string[]): boolean {
  const name = hostname(host);
  return name === "localhost" || isIP(name) || hosts.includes(name);
}

function isSameOrigin(origin: string, host: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}
