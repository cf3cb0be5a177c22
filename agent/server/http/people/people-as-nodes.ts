/** The servers of people as an admin's requests reach them: like nodes of a cluster, each by the name of its person. */
import type { Context } from "hono";
import { hopHeader } from "../../../shared/protocol";
import type { Called, NodeAnswer, NodeRequest, Unreached } from "../../cluster/node-calls";
import { boundedText } from "../../unix-users/bounded-text";
import type { PersonServer } from "../../unix-users/person-server";
import type { PersonServers } from "../../unix-users/person-servers";
import type { Others } from "../cluster/ask-others";
import { personHeader } from "../who-asks";
import { askedHeaders } from "./person-answer";

/** An admin's page waits no longer for one that is silent. */
export const askMs = 4000;
/** Of a list of some ten thousand sessions. */
const maxBytes = 16_000_000;
/** Of what is no answer to what was asked. */
const maxRefusalBytes = 100_000;
/** At once; the next one is asked when one of them has answered, or has had its time. */
const mostAtOnce = 32;

/** Those that serve now; none is started for it. `by`: the admin, who may have no name. */
export function peopleCalls(
  c: Context,
  people: Pick<PersonServers, "serving">,
  by: string | undefined,
): Others {
  const servers = new Map(people.serving.map((one) => [one.person, one]));
  const headers = headersOf(c, by);
  let free = mostAtOnce;
  const waiting: (() => void)[] = [];

  async function call(person: string, request: NodeRequest, signal: AbortSignal): Promise<Called> {
    const server = servers.get(person);
    if (server === undefined || server.hasEnded) return { unreached: ended(person) };
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    else free--;
    try {
      signal.throwIfAborted();
      return { answer: await ask(server, request, headers, signal) };
    } catch (error) {
      signal.throwIfAborted();
      return { unreached: server.hasEnded ? ended(person) : silent(server, error) };
    } finally {
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    }
  }

  const all = [...servers.keys()].map((id) => ({ id }));
  return { calls: { call }, directory: { current: () => Promise.resolve(all) } };
}

function headersOf(c: Context, by: string | undefined): Record<string, string> {
  const headers = askedHeaders(c);
  headers.delete("content-length");
  headers.set("accept-encoding", "identity");
  headers.set(hopHeader, "front");
  if (by !== undefined) headers.set(personHeader, encodeURIComponent(by));
  return headers.toJSON();
}

async function ask(
  server: PersonServer,
  { method, path, body, withinMs = askMs }: NodeRequest,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<NodeAnswer> {
  const own = AbortSignal.any([signal, AbortSignal.timeout(withinMs)]);
  const answer = await server.fetch(path, { method, headers, body: body ?? null }, own);
  const text = await boundedText(answer, answer.ok ? maxBytes : maxRefusalBytes);
  return { node: server.person, status: answer.status, headers: answer.headers, body: text };
}

function ended(person: string): Unreached {
  return { node: person, kind: "down", reason: "Their server has ended." };
}

function silent({ person, account }: PersonServer, error: unknown): Unreached {
  const isLate = error instanceof Error && error.name === "TimeoutError";
  const why = isLate ? "has not answered in time" : `does not answer (${String(error)})`;
  return { node: person, kind: "unclear", reason: `The server of ${account.name} ${why}.` };
}
