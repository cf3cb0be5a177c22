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
import { guestHeader, personHeader, signInHeader } from "../who-asks";
import { isForOperator, isFrontsOwn } from "./own-routes";
import { answeredHeaders, askedHeaders, boundedText } from "./person-answer";
import { type AdminsParts, answerAdmin, ownerForAdmin, withAllLists } from "./admins-requests";
import { PeopleLists } from "./people-lists";
import { addressedBy, type OwnerOf, refuseCopy } from "./session-of-another";
import { stopMs, stopOfPeople, stopOfPerson, unacknowledged } from "./stop-people";

/** To stand behind the guard, and before the roles: in a server of their own, each person is its admin. */
export function passToPeople(services: Services): MiddlewareHandler {
  const { unixUsers: people } = services;
  const lists = people && new PeopleLists(people);
  return async (c, next) => {
    if (people === undefined || lists === undefined || isFrontsOwn(c)) return next();
    const asker = c.get("asker") as Asker | undefined;
    const person = asker?.name;
    const isAdmin = asker?.role === "admin";
    if (c.req.method === "POST" && c.req.path === "/api/stop" && asker !== undefined)
      return isAdmin || person === undefined
        ? stopOfPeople(c, people, person)
        : stopOfPerson(c, people, person);
    const admins = isAdmin ? { services, people, lists, person } : undefined;
    if (admins) await startOwn(people, person);
    const answer = admins && (await answerAdmin(c, admins));
    if (answer !== undefined) return answer;
    const ownerOf: OwnerOf = admins
      ? ownerForAdmin(c, admins)
      : (id) => Promise.resolve(people.shared.ownerOf(id));
    const { owner = person, mayBeElsewhere, body } = await addressedBy(c, ownerOf);
    if (owner !== person) refuseCopy(c);
    if (owner === undefined) return passWithoutPerson(c, services, people, next);
    const server = await serverOf(people, owner);
    const passed = { server, ...defined({ person, body, admins }) };
    const own = await passToPerson(c, services, passed);
    if (!mayBeElsewhere || own.status !== 404) return own;
    return (await foundElsewhere(c, services, passed)) ?? own;
  };
}

/** An admin may have no account: then there is what other people have. */
async function startOwn(people: PersonServers, person: string | undefined): Promise<void> {
  try {
    if (person !== undefined) await people.of(person);
  } catch (error) {
    if (!(error instanceof NoAccount || error instanceof PersonServerFailed)) throw error;
  }
}

/** The answer of the first that has it, of those whose servers run and who share sessions with others, or whom an admin asks; undefined: nobody has. */
async function foundElsewhere(
  c: Context,
  services: Services,
  { server: own, ...passed }: Passed,
): Promise<Response | undefined> {
  const people = services.unixUsers!;
  const mayHave = ({ person }: PersonServer) =>
    passed.admins !== undefined || people.shared.isOwner(person);
  const all = people.serving.filter((one) => one !== own && mayHave(one));
  const asked = all.map(async (server) => {
    const answer = await passToPerson(c, services, { ...passed, server, withinMs: elsewhereMs });
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
  /** Who asks; one with the server's token has no name. */
  person?: string;
  /** Who asks is an admin. */
  admins?: AdminsParts;
  body?: string;
  /** An answer that begins later is none, in milliseconds. */
  withinMs?: number;
}

const elsewhereMs = 5000;

async function passToPerson(c: Context, services: Services, passed: Passed): Promise<Response> {
  const { server } = passed;
  if (isStreamed(c)) checkStreams(c, services);
  const linked = link(c.req.raw.signal);
  const { signal } = linked.controller;
  // A frozen server would keep a stop without an answer for ever.
  const withinMs = isStop(c) ? stopMs : passed.withinMs;
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
    const answer = await server.fetch(path, requestOf(c, passed), signal);
    if (!isStop(c)) clearTimeout(late);
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

function requestOf(c: Context, { server, person, body, admins }: Passed): RequestInit {
  const { method, body: stream } = c.req.raw;
  const headers = askedHeaders(c);
  if (person !== undefined) headers.set(personHeader, encodeURIComponent(person));
  // In the server of somebody else they have what was shared with them.
  const signIn = c.get("signInId");
  if (person === server.person && signIn !== undefined) headers.set(signInHeader, signIn);
  if (person !== server.person && !admins) headers.set(guestHeader, "1");
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
