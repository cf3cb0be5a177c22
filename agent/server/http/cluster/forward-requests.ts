/** Before the routes: what another node of the cluster must answer is passed on to it, and its answer is passed back. */
import type { Context, MiddlewareHandler, Next } from "hono";
import { httpError, undelivered } from "../http-error";
import { routeOf } from "../route-of";
import type { Services } from "../services";
import { answerAnywhere, stopAnywhere } from "./answer-anywhere";
import type { ClusterServices } from "./cluster-services";
import { followElsewhere } from "./follow-relay";
import { forwardTo, unreachedError } from "./forward-to";
import { hideNodeQuery, type Named, namedIn } from "./named-in";
import { bytesRoutes, isStop, type RoutePlace, routePlaces } from "./route-places";

export function forwardRequests(services: Services, cluster: ClusterServices): MiddlewareHandler {
  return async (c, next) => {
    const name = routeOf(c);
    const place = routePlaces[name];
    const asked = hideNodeQuery(c);
    if (place === undefined || place === "here" || place === "everywhere") return next();
    if (place === "anywhere") return answerAnywhere(c, services, cluster, name, next);
    const named = await namedIn(c, place, asked, bytesRoutes.has(name));
    if (c.get("hop") !== undefined) return answerHop(cluster, named, next);
    const node = await nodeFor(c, cluster, place, named);
    if (node === cluster.node) return next();
    if (node !== undefined && followsSession(name, named))
      return followElsewhere(c, services, cluster, { node, sessionId: named.sessionId }, () =>
        forwardTo(c, services, cluster, { node, name, named }, next),
      );
    if (node !== undefined) return forwardTo(c, services, cluster, { node, name, named }, next);
    if (isStop(name)) return stopAnywhere(c, services, cluster, next);
    // There is no such session: the route says so, or makes it.
    return next();
  };
}

function followsSession(name: string, named: Named): named is Named & { sessionId: string } {
  return name === "GET /api/sessions/:id/events" && named.sessionId !== undefined;
}

/** Passed on once already: it is answered here, or not at all. */
async function answerHop(cluster: ClusterServices, { sessionId }: Named, next: Next) {
  if (sessionId !== undefined) await cluster.places.bring(sessionId);
  const owner = sessionId === undefined ? undefined : cluster.places.knownOwner(sessionId);
  if (owner === undefined || owner === cluster.node) return next();
  throw undelivered(
    owner,
    `The session is on “${owner}”, and “${cluster.node}” was asked for it: a request is passed on once. Try again.`,
  );
}

/** Undefined: a session is named that no node has. */
async function nodeFor(
  c: Context,
  cluster: ClusterServices,
  place: RoutePlace,
  { sessionId, mayBegin, node = cluster.node }: Named,
): Promise<string | undefined> {
  if (sessionId !== undefined) {
    const mustBe = !mayBegin && place !== "query" && place !== "body";
    const isOfStop = isStop(`${c.req.method} ${c.req.path}`);
    const isPatient = mustBe && !isOfStop;
    const owner = await cluster.places.ownerOf(sessionId, isPatient, c.req.raw.signal);
    if (owner.node !== undefined) return owner.node;
    if (mustBe && owner.missing && !isOfStop) throw unreachedError(owner.missing, false);
    if (mustBe) return undefined;
  }
  if (node !== cluster.node && (await cluster.directory.known(node)) === undefined)
    throw httpError(404, "node", `There is no node “${node}” in this cluster.`);
  return node;
}
