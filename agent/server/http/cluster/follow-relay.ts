/** The event stream of a session that another node owns. */
import type { Context } from "hono";
import { z } from "zod";
import { defined } from "../../../shared/defined";
import { askerOf, maySee, unknownSession } from "../check-role";
import { checkStreams, followEvents } from "../event-stream";
import { HttpError } from "../http-error";
import type { Services } from "../services";
import type { ClusterServices } from "./cluster-services";
import { passAnswer, unreachedError } from "./forward-to";

/**
 * From this node's relay of the session. `pass` opens a stream of its own at the owner, for one that ends with a run, as only
 * the owner knows when, or whose end stops one: that stop must come however this node ends. While the owner does not answer,
 * the relay has the run's end. Throws as `forwardTo` does.
 */
export async function followElsewhere(
  c: Context,
  services: Services,
  cluster: Pick<ClusterServices, "relays" | "remote">,
  at: { node: string; sessionId: string },
  pass: () => Promise<Response | void>,
): Promise<Response | void> {
  const isOwn = c.req.query("runId") !== undefined || c.req.query("onDisconnect") === "stop";
  if (!isOwn) return followRelay(c, services, cluster, at);
  try {
    return await pass();
  } catch (error) {
    if (!(error instanceof HttpError) || error.code !== "undelivered") throw error;
    return followRelay(c, services, cluster, at);
  }
}

/** The list and the storage that it tells of are this node's. */
async function followRelay(
  c: Context,
  services: Services,
  { relays, remote }: Pick<ClusterServices, "relays" | "remote">,
  at: { node: string; sessionId: string },
): Promise<Response> {
  checkStreams(c, services);
  const seen = c.req.query("after") ?? c.req.header("last-event-id");
  const after = z.coerce.number().int().nonnegative().optional().parse(seen);
  const untilRunId = c.req.query("runId");
  const looks = { ...at, asker: askerOf(c), ...defined({ after }) };
  const followed = await relays.follow(looks, c.req.raw.signal);
  if ("unseen" in followed) throw unknownSession(at.sessionId);
  if ("unreached" in followed) {
    const row = remote.get(at.sessionId);
    if (askerOf(c).role !== "admin" && (row === undefined || !maySee(c, row)))
      throw unknownSession(at.sessionId);
    throw unreachedError(followed.unreached, false);
  }
  if ("answer" in followed) return passAnswer(c, services, followed.answer, new AbortController());
  return followEvents(c, services, {
    sessionId: at.sessionId,
    open: (options, onClose) => followed.open({ ...options, ...defined({ untilRunId }) }, onClose),
  });
}
