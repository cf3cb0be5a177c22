/** In which person's server a request is answered: that of the one who asks, or of whose session it is. */
import type { Context, MiddlewareHandler, Next } from "hono";
import { defined } from "../../../shared/defined";
import type { Asker } from "../../../shared/protocol";
import { NoAccount } from "../../unix-users/unix-accounts";
import { type PersonServer, PersonServerFailed } from "../../unix-users/person-server";
import type { PersonServers } from "../../unix-users/person-servers";
import { httpError } from "../http-error";
import { callbackPath } from "../response-headers";
import { routeOf } from "../route-of";
import { type FrontRoute, frontRoutes } from "../route-roles";
import type { Services } from "../services";
import { answerAdmin, findOwner, knownOwner } from "./admins-requests";
import { type Passed, passToPerson } from "./pass-to-person";
import { PeopleLists } from "./people-lists";
import { addressedBy, refuseCopy } from "./session-of-another";
import { stopOfPeople, stopOfPerson } from "./stop-people";

/** To stand behind the guard, and before the roles: in a server of their own, each person is its admin. */
export function passToPeople(services: Services): MiddlewareHandler {
  const { unixUsers: people } = services;
  const lists = people && new PeopleLists(people);
  return async (c, next) => {
    if (people === undefined || lists === undefined || frontRoute(c) === "everyone") return next();
    const asker = c.get("asker") as Asker | undefined;
    const person = asker?.name;
    const isAdmin = asker?.role === "admin";
    if (c.req.method === "POST" && c.req.path === "/api/stop" && asker !== undefined)
      return isAdmin || person === undefined
        ? stopOfPeople(c, people, person)
        : stopOfPerson(c, people, person);
    const admins = isAdmin ? { services, people, lists, person } : undefined;
    const refusal = admins && (await startOwn(people, person));
    const answer = admins && (await answerAdmin(c, admins));
    if (answer !== undefined) return answer;
    const ownerOf = (id: string) => (admins ? knownOwner(admins, id) : people.shared.ownerOf(id));
    const addressed = await addressedBy(c, ownerOf);
    const { owner = person, mayBeElsewhere, sought, body } = addressed;
    if (owner !== person) refuseCopy(c);
    const asked = defined({ person, body, admins });
    const elsewhere = () => (sought === undefined ? undefined : soughtElsewhere(c, asked, sought));
    // The admin's own first: what begins there is known to no list yet, and no other one is told of it.
    const passOn = async (name: string) =>
      passToPerson(c, services, { ...asked, server: await serverOf(people, name) });
    if (owner === undefined || (owner === person && refusal !== undefined)) {
      const found = await elsewhere();
      if (found !== undefined) return passOn(found);
      const isSought = refusal !== undefined && sought !== undefined;
      return passWithoutPerson(c, services, next, isSought ? noneHas : refusal);
    }
    const own = await passOn(owner);
    if (own.status !== 404) return own;
    const found = await elsewhere();
    if (found !== undefined) {
      await own.body?.cancel();
      return passOn(found);
    }
    return (mayBeElsewhere && (await foundElsewhere(c, services, asked, owner))) || own;
  };
}

/** Undefined: it is answered in the server of a person. The page's files are the front's own. */
function frontRoute(c: Context): FrontRoute | undefined {
  if (!c.req.path.startsWith("/api/")) return "everyone";
  return (frontRoutes as Record<string, FrontRoute>)[routeOf(c)];
}

/** Where somebody else's session is that an admin names. */
async function soughtElsewhere(
  c: Context,
  { admins }: Pick<Passed, "admins">,
  sought: string,
): Promise<string | undefined> {
  const found = admins && (await findOwner(c, admins, sought));
  if (found !== undefined) refuseCopy(c);
  return found;
}

/** An admin may have no account: resolves with why, and then there is what other people have, and what the front has. */
async function startOwn(
  people: PersonServers,
  person: string | undefined,
): Promise<string | undefined> {
  try {
    if (person !== undefined) await people.of(person);
  } catch (error) {
    if (error instanceof NoAccount) return error.message;
    if (!(error instanceof PersonServerFailed)) throw error;
  }
  return undefined;
}

/** The answer of the first that has it, of those whose servers run and who share sessions with others. Undefined: nobody has. */
async function foundElsewhere(
  c: Context,
  services: Services,
  passed: Omit<Passed, "server">,
  own: string,
): Promise<Response | undefined> {
  const people = services.unixUsers!;
  const all = people.serving.filter(
    ({ person }) => person !== own && people.shared.isOwner(person),
  );
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
  next: Next,
  refusal = withoutAccount,
): Promise<Response | void> {
  const { path } = c.req;
  const people = services.unixUsers!;
  if (path === callbackPath) {
    // A program that looks where a link leads does not come back from the service.
    if (c.req.method === "HEAD") return c.body(null);
    const person = people.signInStates.take(c.req.query("state") ?? "");
    if (person === undefined) return c.text("This is not the answer of a sign-in.", 400);
    return passToPerson(c, services, { server: await serverOf(people, person), person });
  }
  if (frontRoute(c) === "operator") return next();
  throw httpError(403, "account", refusal);
}

/** An admin without an account asks for a session. */
const noneHas =
  "No server that runs has this session: that of its person has ended, or the person was removed. It is there again once their server runs.";

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

const elsewhereMs = 5000;
