/** The event stream of a session that another node owns, from this node's relay of it. */
import type { Context } from "hono";
import { z } from "zod";
import { defined } from "../../../shared/defined";
import { checkStreams, followEvents } from "../event-stream";
import type { Services } from "../services";
import type { ClusterServices } from "./cluster-services";
import { passAnswer, unreachedError } from "./forward-to";

/** The list and the storage that it tells of are this node's. Throws as `forwardTo` does. */
export async function followRelay(
  c: Context,
  services: Services,
  { relays }: Pick<ClusterServices, "relays">,
  { node, sessionId }: { node: string; sessionId: string },
): Promise<Response> {
  checkStreams(c, services);
  const seen = c.req.query("after") ?? c.req.header("last-event-id");
  const after = z.coerce.number().int().nonnegative().optional().parse(seen);
  const followed = await relays.follow(defined({ node, sessionId, after }), c.req.raw.signal);
  if ("unreached" in followed) throw unreachedError(followed.unreached, false);
  if ("answer" in followed) return passAnswer(c, services, followed.answer, new AbortController());
  return followEvents(c, services, sessionId, followed.open);
}
