/** Passes a request on to the server of the person who asks, and its answer back as it comes. */
import type { Context, MiddlewareHandler } from "hono";
import { link } from "../../abort";
import { log } from "../../log";
import { NoAccount } from "../../unix-users/unix-accounts";
import { type PersonServer, PersonServerFailed } from "../../unix-users/person-server";
import type { PersonServers } from "../../unix-users/person-servers";
import { passStream } from "../cluster/pass-stream";
import { checkStreams } from "../event-stream";
import { httpError } from "../http-error";
import type { Services } from "../services";
import { personHeader } from "../who-asks";
import { isForOperator, isFrontsOwn } from "./own-routes";
import { answeredHeaders, askedHeaders } from "./person-answer";
import { stopOfPeople } from "./stop-people";

/** To stand behind the guard, and before the roles: in a server of their own, each person is its admin. */
export function passToPeople(services: Services): MiddlewareHandler {
  const { unixUsers: people } = services;
  return async (c, next) => {
    if (people === undefined || isFrontsOwn(c)) return next();
    const person = c.get("asker")?.name as string | undefined;
    if (person === undefined) {
      if (c.req.path === "/api/stop") return stopOfPeople(c, people);
      if (isForOperator(c)) return next();
      throw httpError(403, "account", withoutAccount);
    }
    return passToPerson(c, services, await serverOf(people, person));
  };
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

async function passToPerson(
  c: Context,
  services: Services,
  server: PersonServer,
): Promise<Response> {
  if (isStreamed(c)) checkStreams(c, services);
  const own = link(c.req.raw.signal);
  const { signal } = own.controller;
  const free = server.use();
  let release = (): void => {};
  const onClosed = (): void => {
    own[Symbol.dispose]();
    free();
    release();
  };
  try {
    const { body, headers, status } = await server.fetch(
      pathOf(c),
      requestOf(c, server.person),
      signal,
    );
    if (isEvents(headers))
      release = services.streams.add(c.get("credentialId"), () => own.controller.abort());
    if (body === null) onClosed();
    const passed = body && passStream(body, onClosed);
    return new Response(passed, { status, headers: answeredHeaders(headers) });
  } catch (error) {
    onClosed();
    signal.throwIfAborted();
    log.warn({ err: error, person: server.person }, "A person's server has not answered");
    throw httpError(503, "server", unanswered);
  }
}

const unanswered =
  "Your server has not answered, so it is not known whether this was done. Try again; “Stop everything” ends all that it runs.";

function pathOf(c: Context): string {
  const { pathname, search } = new URL(c.req.url);
  return pathname + search;
}

function requestOf(c: Context, person: string): RequestInit {
  const { method, body } = c.req.raw;
  const headers = askedHeaders(c);
  headers.set(personHeader, encodeURIComponent(person));
  return { method, headers, ...(body && { body, duplex: "half" }) } as RequestInit;
}

/** What is answered by a stream of events. */
function isStreamed({ req: { method, path } }: Context): boolean {
  return (method === "POST" && path === "/api/chat") || /\/(events|stream)$/.test(path);
}

function isEvents(headers: Headers): boolean {
  return headers.get("content-type")?.startsWith("text/event-stream") === true;
}
