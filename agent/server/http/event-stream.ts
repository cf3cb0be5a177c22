/** Opens the event streams of a session, and of the list of all sessions. */
import type { Context } from "hono";
import { defined } from "../../shared/defined";
import type { LiveSession } from "../session/live-session";
import type { SessionRegistry } from "../session/session-registry";
import { Viewer } from "../stream/viewer";
import { peerOf } from "./peer";

/**
 * A stream of a session's events; with `?list` the changes of the side bar as well. With `?once` it ends after what
 * the caller had missed: for pages that can keep no connection open.
 */
export function followSession(
  c: Context,
  sessions: SessionRegistry,
  live: LiveSession,
  options: { after?: number; untilRunId?: string },
): Response {
  const headers = { "X-Rein-Session": live.session.id };
  const viewer = live.follow(
    defined({ ...options, headers, peerPort: peerOf(c)?.port }),
    (closed) => sessions.release(closed),
  );
  if (c.req.query("list") !== undefined) sessions.watchList(viewer);
  return begin(c, viewer);
}

/** A stream of the changes of the list alone. */
export function followList(c: Context, sessions: SessionRegistry): Response {
  const viewer = new Viewer(
    (closed) => sessions.release(closed),
    defined({ peerPort: peerOf(c)?.port }),
  );
  sessions.watchList(viewer);
  return begin(c, viewer);
}

function begin(c: Context, viewer: Viewer): Response {
  if (c.req.query("once") !== undefined) viewer.end();
  return viewer.response;
}
