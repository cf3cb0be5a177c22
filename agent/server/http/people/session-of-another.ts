/** Which requests go to the server of somebody else than the one who asks: in a session that was shared with them. */
import type { Context } from "hono";
import { defined } from "../../../shared/defined";
import type { SharedSessions } from "../../unix-users/shared-sessions";
import { bodyText } from "../body";
import { namedIn, routeOf } from "../cluster/named-in";
import { bytesRoutes, routePlaces } from "../cluster/route-places";
import { httpError } from "../http-error";

export interface Addressed {
  /** In whose server it is answered. */
  owner: string;
  /** What has only an id that says nothing of its session: where the owner's server has none, others may have it. */
  mayBeElsewhere: boolean;
  /** What was read of the body. */
  body?: string;
}

const ofOneAlone = "GET /api/mcp/callback";

/** The session decides that the request names, as it does between the nodes of a cluster. */
export async function addressedBy(
  c: Context,
  shared: SharedSessions,
  person: string,
): Promise<Addressed> {
  const name = routeOf(c);
  const place = routePlaces[name];
  const isBytes = bytesRoutes.has(name);
  const hasSession = place === "path" || place === "query" || place === "body" || place === "chat";
  const { sessionId } = hasSession ? await namedIn(c, place, undefined, isBytes) : {};
  const owner = (sessionId !== undefined && shared.ownerOf(sessionId)) || person;
  // The copy would be the one's who asks, and work as the other's account.
  if (owner !== person && name === "POST /api/sessions/:id/fork")
    throw httpError(403, "account", noCopy);
  const mayBeElsewhere = place === "anywhere" && name !== ofOneAlone;
  const isRead = place === "body" || place === "chat" || (mayBeElsewhere && c.req.method !== "GET");
  return { owner, mayBeElsewhere, ...defined({ body: isRead ? await bodyText(c) : undefined }) };
}

const noCopy =
  "This session works as another person’s Unix account, and a copy of it would, too. Export it, and import it as your own.";
