/** Which requests go to the server of somebody else than the one who asks: in a session that was shared with them. */
import type { Context } from "hono";
import type { SharedSessions } from "../../unix-users/shared-sessions";
import { bodyText } from "../body";
import { httpError } from "../http-error";

export interface Addressed {
  /** In whose server it is answered. */
  owner: string;
  /** What was read of the body. */
  body?: string;
}

/** The session that the path or the chat's body names decides. */
export async function addressedBy(
  c: Context,
  shared: SharedSessions,
  person: string,
): Promise<Addressed> {
  const { method, path } = c.req;
  const inPath = /^\/api\/sessions\/([^/]+)/.exec(path)?.[1];
  if (inPath !== undefined) {
    const owner = shared.ownerOf(inPath) ?? person;
    // The copy would be the one's who asks, and work as the other's account.
    if (owner !== person && path.endsWith("/fork")) throw httpError(403, "account", noCopy);
    return { owner };
  }
  if (method !== "POST" || path !== "/api/chat") return { owner: person };
  const body = await bodyText(c);
  const owner = shared.ownerOf(sessionIn(body) ?? "") ?? person;
  return { owner, body };
}

const noCopy =
  "This session works as another person’s Unix account, and a copy of it would, too. Export it, and import it as your own.";

function sessionIn(body: string): string | undefined {
  try {
    const { sessionId, id } = JSON.parse(body) as { sessionId?: unknown; id?: unknown };
    const named = sessionId ?? id;
    return typeof named === "string" ? named : undefined;
  } catch {
    return undefined; // the server that gets it says what is wrong with it
  }
}
