/** Which requests are let in: under a name of this machine, from a page of this server, with a credential. */
import { timingSafeEqual } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { deleteCookie, getCookie } from "hono/cookie";
import { hopHeader, updatedMark } from "../../shared/protocol";
import { hashOf, type SignIns } from "../access/sign-ins";
import type { WrongTokens } from "../access/wrong-tokens";
import type { Config } from "../config/config";
import { hostname, isIP } from "../config/hostname";
import { acceptHop, type ClusterAccess } from "./cluster/hop";
import { httpError } from "./http-error";
import { peerOf } from "./peer";
import { callbackPath } from "./response-headers";

declare module "hono" {
  interface ContextVariableMap {
    /** The sign-in that the request's credential belongs to; absent for the script token. */
    signInId?: string;
  }
}

export interface Access extends Pick<Config, "hosts"> {
  token: string;
  signIns: SignIns;
  wrongTokens: WrongTokens;
  /** Of a node of a cluster: what the others know it by. */
  cluster?: ClusterAccess;
}

/**
 * Checks Host, Origin and Sec-Fetch-Site (a page of another site can neither reach this server under a name of its own
 * nor send to it), then the credential: `Authorization: Bearer` with that of a sign-in, made for this very host, or with
 * the script token. There is no other way to send one: a cookie would go to every port of the host. What a stranger
 * gets is public: the page's files, the reference of the API, the health, the sign-in, and the answer to one to an MCP server.
 */
export function guard(access: Access): MiddlewareHandler {
  return async (c, next) => {
    if (access.cluster !== undefined && c.req.header(hopHeader) !== undefined) {
      await checkHop(c, access, access.cluster);
      return next();
    }
    const host = c.req.header("host") ?? "";
    checkHost(host, access.hosts);
    const origin = c.req.header("origin");
    if (origin !== undefined && !isSameOrigin(origin, host))
      throw httpError(403, "origin", `Requests from pages of ${origin} are not accepted.`);
    // It comes from the service's page, and has a credential of its own: the state.
    if (c.req.method === "GET" && c.req.path === callbackPath) return next();
    if (isPublicFile(c)) return removeOldCookie(c, host, next);
    const site = c.req.header("sec-fetch-site") ?? "none";
    if (site !== "same-origin" && site !== "none")
      throw httpError(403, "site", "Requests from pages of another site or port are not accepted.");
    if (!isPublic(c)) await checkCredential(c, access, host);
    return next();
  };
}

/** Whether this is the script token. */
export function isScriptToken({ token }: Access, text: string): boolean {
  return isSame(text, token);
}

/** How long it takes tells nothing of either. */
function isSame(text: string, secret: string): boolean {
  return timingSafeEqual(Buffer.from(hashOf(text)), Buffer.from(hashOf(secret)));
}

/** Another node has passed it on, from whoever it let in: with the key of the cluster, and under any name. */
async function checkHop(c: Context, access: Access, cluster: ClusterAccess): Promise<void> {
  if (!isSame(bearerOf(c) ?? "", cluster.key)) await refuseToken(c, access.wrongTokens);
  acceptHop(c, cluster);
}

/** Throws the refusal of a wrong token, late. */
export async function refuseToken(c: Context, wrongTokens: WrongTokens): Promise<never> {
  const isHeard = await wrongTokens.delay(peerOf(c)?.address ?? "");
  if (!isHeard) throw httpError(429, "token", "Too many wrong tokens were sent. Try again later.");
  throw httpError(401, "token", words);
}

const words =
  "The credential is missing, wrong, or no longer valid. Open a sign-in address in a browser (the server prints one when it " +
  "starts, and “bun start” in a second terminal prints another), or send the script token as “Authorization: Bearer …”.";

async function checkCredential(c: Context, access: Access, host: string): Promise<void> {
  const presented = bearerOf(c);
  if (presented === undefined) throw httpError(401, "token", words);
  const signInId = access.signIns.use(presented, host);
  if (signInId !== undefined) c.set("signInId", signInId);
  else if (!isScriptToken(access, presented)) await refuseToken(c, access.wrongTokens);
}

export function bearerOf(c: Context): string | undefined {
  return c.req.header("authorization")?.match(/^Bearer (\S+)$/i)?.[1];
}

function isPublicFile(c: Context): boolean {
  const { method, path } = c.req;
  const isRead = method === "GET" || method === "HEAD";
  if (path === "/api/openapi.json" || path === "/api/reference") return isRead;
  return isRead && !path.startsWith("/api/") && path !== "/metrics";
}

function isPublic(c: Context): boolean {
  const { method, path } = c.req;
  return path === "/api/health" || (path === "/api/sign-in" && method === "POST");
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
