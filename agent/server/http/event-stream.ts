/** Opens the event streams of a session, and of the list of all sessions. */
import type { Context } from "hono";
import { defined } from "../../shared/defined";
import type { LiveSession } from "../session/live-session";
import { Viewer, type ViewerOptions } from "../stream/viewer";
import { httpError } from "./http-error";
import { askerOf } from "./check-role";
import { peerOf } from "./peer";
import type { Services } from "./services";
import { refuseEnded } from "./who-asks";

type Parts = Pick<Services, "access" | "sessions" | "streams">;

/**
 * A stream of a session's events; with `?list` the changes of the side bar as well. With `?once` it ends after what
 * the caller had missed: for pages that can keep no connection open.
 */
export function followSession(
  c: Context,
  parts: Parts,
  live: LiveSession,
  options: { after?: number; untilRunId?: string },
): Response {
  return followEvents(c, parts, {
    sessionId: live.session.id,
    open: (own, onClose) => live.follow({ ...options, ...own }, onClose),
    onceBegun: (work) => live.onceSent(work),
  });
}

interface Followed {
  sessionId: string;
  open: (options: ViewerOptions, onClose: (viewer: Viewer) => void) => Viewer;
  /** Calls `work` when the viewer has what it had missed; at once unless given. */
  onceBegun?: OnceBegun;
}

type OnceBegun = (work: () => void) => void;

/** The same of what `open` has of that session. */
export function followEvents(
  c: Context,
  parts: Parts,
  { sessionId, open, onceBegun }: Followed,
): Response {
  const headers = { "X-Rein-Session": sessionId };
  const asker = askerOf(c);
  const openHere = (onClose: (viewer: Viewer) => void) => {
    const viewer = open(defined({ headers, asker, peerPort: peerOf(c)?.port }), onClose);
    if (c.req.query("list") !== undefined) parts.sessions.listViewers.watch(viewer, asker);
    return viewer;
  };
  return begin(c, parts, openHere, onceBegun);
}

/** A stream of the changes of the list alone. */
export function followList(c: Context, parts: Parts): Response {
  return begin(c, parts, (onClose) => {
    const viewer = new Viewer(onClose, defined({ peerPort: peerOf(c)?.port }));
    parts.sessions.listViewers.watch(viewer, askerOf(c));
    return viewer;
  });
}

/** Refuses one stream too many, and one of a browser that was signed out since it asked. Opening one refuses the same. */
export function checkStreams(c: Context, { access, streams }: Parts): void {
  refuseEnded(c, access);
  const full = streams.full(c.get("credentialId"));
  if (full === "all") throw httpError(503, "streams", `${tooMany} Try again later.`);
  if (full === "sign-in") throw httpError(429, "streams", `${tooMany} Close some pages of Rein.`);
}

const tooMany = "Too many event streams are open.";

/** A stream of Rein's own events, which says what cannot be saved as well. */
function begin(
  c: Context,
  parts: Parts,
  open: (onClose: (viewer: Viewer) => void) => Viewer,
  onceBegun?: OnceBegun,
): Response {
  const openHere = (onClose: (viewer: Viewer) => void) => {
    const viewer = open(onClose);
    parts.sessions.listViewers.watchStorage(viewer);
    return viewer;
  };
  return openStream(c, parts, openHere, onceBegun);
}

/** The answer of a stream, which counts among the open ones. */
export function openStream(
  c: Context,
  parts: Parts,
  open: (onClose: (viewer: Viewer) => void) => Viewer,
  onceBegun: OnceBegun = (work) => work(),
): Response {
  checkStreams(c, parts);
  const viewer = open((closed) => {
    parts.sessions.listViewers.release(closed);
    release();
  });
  const release = parts.streams.add(c.get("credentialId"), () => viewer.close());
  if (c.req.query("once") !== undefined) onceBegun(() => viewer.end());
  // Only its headers are sent.
  if (c.req.method === "HEAD") viewer.close();
  return viewer.response;
}
