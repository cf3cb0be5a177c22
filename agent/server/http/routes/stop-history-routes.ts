/** The route of the history of stops, as JSON or CSV. */
import { type Context, Hono } from "hono";
import { stopsQuery } from "../../../shared/requests";
import { defined } from "../../../shared/defined";
import type { UnreachedNode } from "../../../shared/protocol";
import { selectStops, type StoppedRun, stopsCsv } from "../../session/stop-history";
import { askerOf, visibleTo } from "../check-role";
import type { ClusterServices } from "../cluster/cluster-services";
import { readMs } from "../cluster/forward-to";
import type { Services } from "../services";

export function createStopHistoryRoutes({ store, sessions, cluster }: Services): Hono {
  const app = new Hono();

  app.get("/api/stops", async (c) => {
    const query = stopsQuery.parse(c.req.query());
    const own = store.stopped();
    const others = cluster && (await stoppedElsewhere(cluster, c.req.raw.signal));
    const here = cluster ? own.map((one) => ({ ...one, node: cluster.node })) : own;
    const summaries = [...sessions.list(), ...(cluster?.remote.all ?? [])];
    const seen = new Set(visibleTo(c, summaries).map(({ id }) => id));
    const isShown = ({ sessionId }: StoppedRun) =>
      askerOf(c).role === "admin" || seen.has(sessionId);
    const stops = selectStops([...here, ...(others?.stopped ?? [])].filter(isShown), query);
    const { format } = query;
    const answer = defined({ stops, unreached: others?.unreached });
    return stopsFile(c, format, format === "json" ? JSON.stringify(answer) : stopsCsv(stops));
  });

  return app;
}

/** `text`: as it is in that format. */
export function stopsFile(
  c: Context,
  format: "json" | "csv",
  text: string | ReadableStream<Uint8Array>,
): Response {
  return c.body(text, 200, {
    "Content-Type": format === "json" ? "application/json" : "text/csv; charset=utf-8",
    "Content-Disposition": `attachment; filename="stops.${format}"`,
  });
}

/** Without the database what the other nodes have is not known; that is said. */
async function stoppedElsewhere(
  { database, directory }: ClusterServices,
  signal: AbortSignal,
): Promise<{ stopped: StoppedRun[]; unreached?: UnreachedNode[] }> {
  const own = AbortSignal.any([signal, AbortSignal.timeout(readMs)]);
  try {
    return { stopped: await database.reader.stopped(own) };
  } catch {
    signal.throwIfAborted();
    const reason = "The database that all nodes share does not answer.";
    return { stopped: [], unreached: directory.others.map(({ id: node }) => ({ node, reason })) };
  }
}
