/** What an admin may have of all people whose servers run, and in whose server a session is that an admin names. */
import type { Context } from "hono";
import { defined } from "../../../shared/defined";
import { Viewer } from "../../stream/viewer";
import type { PersonServers } from "../../unix-users/person-servers";
import { askOthers } from "../cluster/ask-others";
import { unreachedError } from "../cluster/forward-to";
import { isStop } from "../cluster/route-places";
import { openStream } from "../event-stream";
import { httpError } from "../http-error";
import { peerOf } from "../peer";
import { routeOf } from "../route-of";
import type { Services } from "../services";
import { searchOfAll, sessionsOfAll, stopsOfAll } from "./admins-lists";
import { joinStreams } from "./join-streams";
import { peopleCalls } from "./people-as-nodes";
import type { PeopleLists } from "./people-lists";

export interface AdminsParts {
  services: Services;
  people: PersonServers;
  lists: PeopleLists;
  /** Their name; one with the server's token has none. */
  person: string | undefined;
}

/** Undefined: it is none of those requests. */
export async function answerAdmin(c: Context, parts: AdminsParts): Promise<Response | undefined> {
  const { people, lists, person } = parts;
  const others = () => peopleCalls(c, people, person);
  switch (routeOf(c)) {
    case "GET /api/sessions":
      return sessionsOfAll(c, others(), lists);
    case "GET /api/search":
      return searchOfAll(c, others(), lists, (id) => knownOwner(parts, id));
    case "GET /api/stops":
      return stopsOfAll(c, others());
    case "GET /api/events":
      return followAll(c, parts);
    default:
      return undefined;
  }
}

/** As it was shared by a link, or a list has shown it. */
export function knownOwner(
  { people, lists }: Pick<AdminsParts, "people" | "lists">,
  sessionId: string,
): string | undefined {
  return people.shared.ownerOf(sessionId) ?? lists.ownerOf(sessionId);
}

/**
 * In whose server a session is of which the admin's own has not what was asked for, and which no list has shown: all that run
 * are asked. Undefined: nobody has it, or the admin's own, which has answered. It throws where several say that they have it, as none is believed then, and where one that was
 * silent may have it.
 */
export async function findOwner(
  c: Context,
  { people, lists, person }: OwnerParts,
  sessionId: string,
): Promise<string | undefined> {
  const path = `/api/sessions/${encodeURIComponent(sessionId)}/processes`;
  const asked = await askOthers(
    peopleCalls(c, people, person),
    { method: "HEAD", path, withinMs: placeMs },
    c.req.raw.signal,
  );
  const having = asked.flatMap((one) =>
    "answer" in one && one.answer.status === 200 ? one.node : [],
  );
  // A part of it is not there: nobody else may have what was sent for it.
  if (person !== undefined && having.includes(person)) return undefined;
  if (having.length > 1) throw httpError(503, "server", ambiguous(having));
  const [owner] = having;
  if (owner !== undefined) lists.noteOwner(sessionId, owner);
  const [silent] = asked.flatMap((one) => ("unreached" in one ? one.unreached : []));
  if (owner === undefined && silent !== undefined) throw unreachedError(silent, isStop(routeOf(c)));
  return owner;
}

type OwnerParts = {
  people: Pick<PersonServers, "serving">;
  lists: Pick<PeopleLists, "noteOwner">;
  person: string | undefined;
};

function ambiguous(people: string[]): string {
  return `The servers of ${people.join(" and ")} both say that they have this session, so nothing was done. Open the list of sessions, and choose it there; “Stop everything” reaches all.`;
}

/** One that nobody has is asked for by mistake: nobody waits longer to hear that. */
const placeMs = 1500;

/** The changes of all lists. */
async function followAll(c: Context, { services, lists, person }: AdminsParts): Promise<Response> {
  let watching: Promise<void> | undefined;
  const answer = openStream(c, services, (onClose) => {
    const viewer = openViewer(c, lists, onClose);
    watching = lists.watch(viewer, { person, signInId: c.get("signInId") });
    if (person === undefined) services.sessions.listViewers.watchStorage(viewer);
    return viewer;
  });
  await watching;
  return answer;
}

/** The stream of a session, and the changes of all lists between its events. */
export async function withAllLists(
  c: Context,
  { lists, person }: Pick<AdminsParts, "lists" | "person">,
  events: ReadableStream<Uint8Array>,
): Promise<ReadableStream<Uint8Array>> {
  const viewer = openViewer(c, lists, () => {});
  await lists.watch(viewer, { person, signInId: c.get("signInId") });
  return joinStreams(events, viewer.response.body!);
}

function openViewer(c: Context, lists: PeopleLists, onClose: (viewer: Viewer) => void): Viewer {
  return new Viewer(
    (closed) => {
      lists.release(closed);
      onClose(closed);
    },
    defined({ peerPort: peerOf(c)?.port }),
  );
}
