/** Which requests go to the server of somebody else than the one who asks: in a session that was shared with them. */
import type { Context } from "hono";
import { defined } from "../../../shared/defined";
import { bodyText } from "../body";
import { namedIn } from "../cluster/named-in";
import { bytesRoutes, routePlaces } from "../cluster/route-places";
import { httpError } from "../http-error";
import { routeOf } from "../route-of";

interface Addressed {
  /** In whose server it is answered; undefined: in that of the one who asks. */
  owner: string | undefined;
  /** An approval that says nothing of its session: where the owner's server has none, those may who share theirs. */
  mayBeElsewhere: boolean;
  /** The session that the request names, where it is not one that it may begin, and nobody is known to have it. */
  sought?: string;
  /** The body, but of what passes as it comes. */
  body?: string;
}

/** Nothing else may be in any of their servers: whoever had it first would say what it is. */
const ofApproval = "POST /api/approvals/:id";

/** The session decides that the request names, as it does between the nodes of a cluster. */
export async function addressedBy(
  c: Context,
  ownerOf: (sessionId: string) => string | undefined,
): Promise<Addressed> {
  const name = routeOf(c);
  const place = routePlaces[name];
  const isBytes = bytesRoutes.has(name);
  // What only has an id may say whose it is.
  const said = place === "anywhere" && c.req.query("sessionId") !== undefined;
  const hasSession =
    said || place === "path" || place === "query" || place === "body" || place === "chat";
  const named = said ? "query" : place!;
  const { sessionId, mayBegin } = hasSession ? await namedIn(c, named, undefined, isBytes) : {};
  const mustBe = said || (!mayBegin && (place === "path" || place === "chat"));
  const owner = sessionId === undefined ? undefined : ownerOf(sessionId);
  const sought = mustBe && owner === undefined ? sessionId : undefined;
  const mayBeElsewhere = name === ofApproval && !said;
  const isSent = c.req.method !== "GET" && c.req.method !== "HEAD";
  const body = isSent && !isBytes ? await bodyText(c) : undefined;
  return { owner, mayBeElsewhere, ...defined({ sought, body }) };
}

/** A copy of it would be the one's who asks, and work as the other's account. */
export function refuseCopy({ req: { method, path } }: Context): void {
  if (method === "POST" && /^\/api\/sessions\/[^/]+\/fork$/.test(path))
    throw httpError(403, "account", noCopy);
}

const noCopy =
  "This session works as another person’s Unix account, and a copy of it would, too. Export it, and import it as your own.";
