/** Passes a request on to the server of a person, and its answer back as it comes. */
import type { Context } from "hono";
import { link } from "../../abort";
import { log } from "../../log";
import { boundedText } from "../../unix-users/bounded-text";
import type { PersonServer } from "../../unix-users/person-server";
import { passStream } from "../cluster/pass-stream";
import { isStop } from "../cluster/route-places";
import { passedBody } from "../body";
import { checkStreams } from "../event-stream";
import { HttpError, httpError } from "../http-error";
import { routeOf } from "../route-of";
import type { Services } from "../services";
import { guestHeader, personHeader, signInHeader } from "../who-asks";
import { type AdminsParts, withAllLists } from "./admins-requests";
import { answeredHeaders, askedHeaders } from "./person-answer";
import { stopMs, unacknowledged } from "./stop-people";

export interface Passed {
  server: PersonServer;
  /** Who asks; one with the server's token has no name. */
  person?: string;
  /** Who asks is an admin. */
  admins?: AdminsParts;
  body?: string;
  /** An answer that begins later is none, in milliseconds. */
  withinMs?: number;
}

/** Throws 503 where it does not answer. */
export async function passToPerson(
  c: Context,
  services: Services,
  passed: Passed,
): Promise<Response> {
  const { server } = passed;
  if (isStreamed(c)) checkStreams(c, services);
  const linked = link(c.req.raw.signal);
  const { signal } = linked.controller;
  const isOfStop = isStop(routeOf(c));
  // A frozen server would keep a stop without an answer for ever.
  const withinMs = isOfStop ? stopMs : passed.withinMs;
  const late =
    withinMs === undefined ? undefined : setTimeout(() => linked.controller.abort(), withinMs);
  const free = server.use();
  let release = (): void => {};
  const onClosed = (): void => {
    clearTimeout(late);
    linked[Symbol.dispose]();
    free();
    release();
  };
  try {
    const lists = isListed(c) ? passed.admins : undefined;
    const path = pathOf(c, lists && "list");
    const refuse = (refusal: unknown) => linked.controller.abort(refusal);
    const answer = await server.fetch(path, requestOf(c, services, passed, refuse), signal);
    if (!isOfStop) clearTimeout(late);
    const { body, headers, status } = await noted(c, services, passed, answer);
    if (isEvents(headers))
      release = services.streams.add(c.get("credentialId"), () => linked.controller.abort());
    if (body === null) onClosed();
    const own = body && passStream(body, onClosed);
    const stream = own && lists && isEvents(headers) ? await withAllLists(c, lists, own) : own;
    return new Response(stream, { status, headers: answeredHeaders(headers) });
  } catch (error) {
    onClosed();
    c.req.raw.signal.throwIfAborted();
    if (signal.reason instanceof HttpError) throw signal.reason;
    if (isOfStop) throw httpError(503, "server", unacknowledged);
    log.warn({ err: error, person: server.person }, "A person's server has not answered");
    throw httpError(503, "server", unanswered);
  }
}

const maxNotedBytes = 100_000;

/** What the front has to know later: whose session was shared, and who has begun to sign in where. */
async function noted(
  c: Context,
  { unixUsers }: Services,
  { server, person, admins }: Passed,
  answer: Response,
): Promise<Response> {
  const { method, path } = c.req;
  const shared = /^\/api\/sessions\/([^/]+)\/links$/.exec(path)?.[1];
  if (method !== "POST" || !answer.ok) return answer;
  if (shared !== undefined && (server.person === person || admins))
    unixUsers!.shared.note(shared, server.person);
  if (path !== "/api/mcp/sign-in") return answer;
  const text = await boundedText(answer, maxNotedBytes);
  const { url } = JSON.parse(text) as { url?: unknown };
  if (typeof url === "string") unixUsers!.signInStates.note(url, server.person);
  return new Response(text, answer);
}

const unanswered =
  "Your server has not answered, so it is not known whether this was done. Try again; “Stop everything” ends all that it runs.";

function pathOf(c: Context, without: string | undefined): string {
  const { pathname, search, searchParams } = new URL(c.req.url);
  if (without === undefined) return pathname + search;
  searchParams.delete(without);
  return `${pathname}?${searchParams}`;
}

/** A stream of a session with the changes of the list between its events. */
function isListed({ req }: Context): boolean {
  return req.method === "GET" && req.path.endsWith("/events") && req.query("list") !== undefined;
}

function requestOf(
  c: Context,
  { unixUsers }: Services,
  { server, person, body, admins }: Passed,
  onRefused: (refusal: unknown) => void,
): RequestInit {
  const { method } = c.req.raw;
  const headers = askedHeaders(c);
  if (person !== undefined) {
    unixUsers!.guests.note(server.person, person);
    headers.set(personHeader, encodeURIComponent(person));
  }
  // In the server of somebody else they have what was shared with them.
  const signIn = c.get("signInId");
  if (person === server.person && signIn !== undefined) headers.set(signInHeader, signIn);
  if (person !== server.person && !admins) headers.set(guestHeader, "1");
  const sent = body ?? passedBody(c, onRefused);
  return { method, headers, ...(sent && { body: sent, duplex: "half" as const }) };
}

/** What is answered by a stream of events. */
function isStreamed({ req: { method, path } }: Context): boolean {
  return (method === "POST" && path === "/api/chat") || /\/(events|stream)$/.test(path);
}

function isEvents(headers: Headers): boolean {
  return headers.get("content-type")?.startsWith("text/event-stream") === true;
}
