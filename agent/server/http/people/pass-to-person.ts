/** Passes a request on to the server of the person who asks, and its answer back as it comes. */
import type { Context, MiddlewareHandler, Next } from "hono";
import { defined } from "../../../shared/defined";
import type { Asker } from "../../../shared/protocol";
import { link } from "../../abort";
import { log } from "../../log";
import { NoAccount } from "../../unix-users/unix-accounts";
import { type PersonServer, PersonServerFailed } from "../../unix-users/person-server";
import type { PersonServers } from "../../unix-users/person-servers";
import { passStream } from "../cluster/pass-stream";
import { checkStreams } from "../event-stream";
import { httpError } from "../http-error";
import type { Services } from "../services";
import { callbackPath } from "../response-headers";
import { guestHeader, personHeader } from "../who-asks";
import { isForOperator, isFrontsOwn } from "./own-routes";
import { answeredHeaders, askedHeaders, boundedText } from "./person-answer";
import { addressedBy } from "./session-of-another";
import { stopMs, stopOfPeople, stopOfPerson, unacknowledged } from "./stop-people";

/** To stand behind the guard, and before the roles: in a server of their own, each person is its admin. */
export function passToPeople(services: Services): MiddlewareHandler {
  const { unixUsers: people } = services;
  return async (c, next) => {
    if (people === undefined || isFrontsOwn(c)) return next();
    const asker = c.get("asker") as Asker | undefined;
    const person = asker?.name;
    if (c.req.method === "POST" && c.req.path === "/api/stop" && asker !== undefined)
      return asker.role === "admin" || person === undefined
        ? stopOfPeople(c, people, person)
        : stopOfPerson(c, people, person);
    if (person === undefined) return passWithoutPerson(c, services, people, next);
    const { owner, mayBeElsewhere, body } = await addressedBy(c, people.shared, person);
    const server = await serverOf(people, owner);
    const passed = { server, person, ...defined({ body }) };
    const answer = await passToPerson(c, services, passed);
    if (!mayBeElsewhere || answer.status !== 404) return answer;
    return (await foundAsGuest(c, services, passed)) ?? answer;
  };
}

/** The answer of the first who shares sessions and has it, of those whose servers run; undefined: nobody has. */
async function foundAsGuest(
  c: Context,
  services: Services,
  { server: own, ...passed }: Passed,
): Promise<Response | undefined> {
  const people = services.unixUsers!;
  const all = (await people.all()).filter(
    (one) => one !== own && people.shared.isOwner(one.person),
  );
  const asked = all.map(async (server) => {
    const answer = await passToPerson(c, services, { ...passed, server, withinMs: guestMs });
    if (answer.status !== 404) return answer;
    await answer.body?.cancel();
    throw new Error(`not in the server of ${server.person}`);
  });
  return Promise.any(asked).catch(() => undefined);
}

/** Who has the token of the server, or comes from a service at which somebody signs in. */
async function passWithoutPerson(
  c: Context,
  services: Services,
  people: PersonServers,
  next: Next,
): Promise<Response | void> {
  const { path } = c.req;
  if (path === callbackPath) {
    const person = people.signInStates.take(c.req.query("state") ?? "");
    if (person === undefined) return c.text("This is not the answer of a sign-in.", 400);
    return passToPerson(c, services, { server: await serverOf(people, person), person });
  }
  if (isForOperator(c)) return next();
  throw httpError(403, "account", withoutAccount);
}

const withoutAccount =
  "On this server each person works as a Unix account of their own, and its token belongs to none: sign in as a person. With the token you can set up providers, see who is there, and stop everything.";

/** Started, where it is not there. Throws the refusal with what to do. */
async function serverOf(people: PersonServers, person: string): Promise<PersonServer> {
  try {
    return await people.of(person);
  } catch (error) {
    if (error instanceof NoAccount) throw httpError(403, "account", error.message);
    if (error instanceof PersonServerFailed) throw httpError(503, "server", error.message);
    throw error;
  }
}

interface Passed {
  server: PersonServer;
  /** Who asks. */
  person: string;
  body?: string;
  /** An answer that begins later is none, in milliseconds. */
  withinMs?: number;
}

const guestMs = 5000;

async function passToPerson(c: Context, services: Services, passed: Passed): Promise<Response> {
  const { server } = passed;
  if (isStreamed(c)) checkStreams(c, services);
  const own = link(c.req.raw.signal);
  const { signal } = own.controller;
  // A frozen server would keep a stop without an answer for ever.
  const withinMs = isStop(c) ? stopMs : passed.withinMs;
  const late =
    withinMs === undefined ? undefined : setTimeout(() => own.controller.abort(), withinMs);
  const free = server.use();
  let release = (): void => {};
  const onClosed = (): void => {
    clearTimeout(late);
    own[Symbol.dispose]();
    free();
    release();
  };
  try {
    const answer = await server.fetch(pathOf(c), requestOf(c, passed), signal);
    if (!isStop(c)) clearTimeout(late);
    const { body, headers, status } = await noted(c, services, passed, answer);
    if (isEvents(headers))
      release = services.streams.add(c.get("credentialId"), () => own.controller.abort());
    if (body === null) onClosed();
    const stream = body && passStream(body, onClosed);
    return new Response(stream, { status, headers: answeredHeaders(headers) });
  } catch (error) {
    onClosed();
    c.req.raw.signal.throwIfAborted();
    if (isStop(c)) throw httpError(503, "server", unacknowledged);
    log.warn({ err: error, person: server.person }, "A person's server has not answered");
    throw httpError(503, "server", unanswered);
  }
}

const maxNotedBytes = 100_000;

/** What the front has to know later: whose session was shared, and who has begun to sign in where. */
async function noted(
  c: Context,
  { unixUsers }: Services,
  { server, person }: Passed,
  answer: Response,
): Promise<Response> {
  const { method, path } = c.req;
  const shared = /^\/api\/sessions\/([^/]+)\/links$/.exec(path)?.[1];
  if (method !== "POST" || !answer.ok) return answer;
  if (shared !== undefined && server.person === person) unixUsers!.shared.note(shared, person);
  if (path !== "/api/mcp/sign-in") return answer;
  const text = await boundedText(answer, maxNotedBytes);
  const { url } = JSON.parse(text) as { url?: unknown };
  if (typeof url === "string") unixUsers!.signInStates.note(url, person);
  return new Response(text, answer);
}

const unanswered =
  "Your server has not answered, so it is not known whether this was done. Try again; “Stop everything” ends all that it runs.";

function pathOf(c: Context): string {
  const { pathname, search } = new URL(c.req.url);
  return pathname + search;
}

function requestOf(c: Context, { server, person, body }: Passed): RequestInit {
  const { method, body: stream } = c.req.raw;
  const headers = askedHeaders(c);
  headers.set(personHeader, encodeURIComponent(person));
  // In the server of somebody else they have what was shared with them.
  if (person !== server.person) headers.set(guestHeader, "1");
  const sent = body ?? stream;
  return { method, headers, ...(sent && { body: sent, duplex: "half" as const }) };
}

function isStop({ req: { method, path } }: Context): boolean {
  return method === "POST" && path.endsWith("/stop");
}

/** What is answered by a stream of events. */
function isStreamed({ req: { method, path } }: Context): boolean {
  return (method === "POST" && path === "/api/chat") || /\/(events|stream)$/.test(path);
}

function isEvents(headers: Headers): boolean {
  return headers.get("content-type")?.startsWith("text/event-stream") === true;
}
