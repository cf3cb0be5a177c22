/** What an admin may have of all people whose servers run, and in whose server a session is that an admin names. */
import type { Context } from "hono";
import { defined } from "../../../shared/defined";
import { Viewer } from "../../stream/viewer";
import type { PersonServers } from "../../unix-users/person-servers";
import { firstOf } from "../cluster/ask-others";
import { unreachedError } from "../cluster/forward-to";
import { routeOf } from "../cluster/named-in";
import { isStop } from "../cluster/route-places";
import { openStream } from "../event-stream";
import { peerOf } from "../peer";
import type { Services } from "../services";
import { searchOfAll, sessionsOfAll, stopsOfAll } from "./admins-lists";
import { joinStreams } from "./join-streams";
import { peopleCalls } from "./people-calls";
import type { PeopleLists } from "./people-lists";
import type { OwnerOf } from "./session-of-another";

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
      return searchOfAll(c, others(), ownerForAdmin(c, parts));
    case "GET /api/stops":
      return stopsOfAll(c, others());
    case "GET /api/events":
      return followAll(c, parts);
    default:
      return undefined;
  }
}

/** The session is looked for in all servers that run. It throws where one that was silent may have it, unless it may begin. */
export function ownerForAdmin(c: Context, { people, lists, person }: AdminsParts): OwnerOf {
  return async (sessionId, mustBe = false) => {
    const known = people.shared.ownerOf(sessionId) ?? lists.ownerOf(sessionId);
    if (known !== undefined) return known;
    const path = `/api/sessions/${encodeURIComponent(sessionId)}/processes`;
    const request = { method: "HEAD", path, withinMs: placeMs };
    const isIt = ({ status }: { status: number }) => status === 200;
    const others = peopleCalls(c, people, person);
    const { first, unreached } = await firstOf(others, request, isIt, c.req.raw.signal);
    if (first !== undefined) lists.noteOwner(sessionId, first.node);
    else if (mustBe && unreached[0] !== undefined)
      throw unreachedError(unreached[0], isStop(routeOf(c)));
    return first?.node;
  };
}

/** One that nobody has is asked for by mistake: nobody waits longer to hear that. */
const placeMs = 1500;

/** The changes of all lists. */
async function followAll(c: Context, { services, lists, person }: AdminsParts): Promise<Response> {
  let watching: Promise<void> | undefined;
  const answer = openStream(c, services, (onClose) => {
    const viewer = openViewer(c, lists, onClose);
    watching = lists.watch(viewer, { person, signInId: c.get("signInId") });
    if (person === undefined) services.sessions.watchStorage(viewer);
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
