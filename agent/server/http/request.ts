/** What routes read from a request: the session it names, what is in its way there, and the client that asks for a stop. */
import type { Context } from "hono";
import { type Session, type Stop, stopClients } from "../../shared/protocol";
import { activeRun } from "../../shared/session-lookup";
import { defined } from "../../shared/defined";
import { newId } from "../id";
import type { Runs } from "../run/runs";
import type { LiveSession } from "../session/live-session";
import type { SessionRegistry } from "../session/session-registry";
import { askerOf, checkSession, maySee, unknownSession } from "./check-role";
import { type HttpError, httpError } from "./http-error";

declare module "hono" {
  interface ContextVariableMap {
    /** The session that the path names, where its node does not answer: as the shared database has it. */
    sharedSession?: Session;
  }
}

/** The session that the path names, for what only reads it; refuses when there is none. */
export function findToRead(c: Context, sessions: SessionRegistry): Session {
  const shared = c.get("sharedSession");
  if (shared === undefined) return find(c, sessions).session;
  checkSession(c, shared);
  return shared;
}

/** The session that the path names as `:id`; refuses when there is none. */
export function find(c: Context, sessions: SessionRegistry): LiveSession {
  return findById(c, sessions, c.req.param("id") ?? "");
}

/**
 * The session of this id, checked for the one who asks by what the route needs; refuses when there is none. When a body has
 * come, it is checked once more.
 */
export function findById(c: Context, sessions: SessionRegistry, id: string): LiveSession {
  const live = sessions.get(id);
  if (live === undefined) throw unknownSession(id);
  checkSession(c, live.session);
  const refuseEnded = c.get("refuseEnded");
  c.set("refuseEnded", () => {
    refuseEnded?.();
    checkSession(c, live.session);
  });
  return live;
}

/** One that `findById` has found a moment before. */
export function findAgain(sessions: SessionRegistry, id: string): LiveSession {
  const live = sessions.get(id);
  if (live === undefined) throw unknownSession(id);
  return live;
}

/** The refusal of what may not happen while the session runs; it names the run. */
export function runActive(session: Session, message: string): HttpError {
  const run = activeRun(session);
  return httpError(409, "run-active", message, run && { sessionId: session.id, runId: run.id });
}

/**
 * The id of a run that is about to begin or to be queued: the caller's, or a new one. Refuses one that there is already,
 * and names its session. To be called in the tick in which that happens.
 */
export function freeRunId(
  c: Context,
  { runs, sessions }: { runs: Runs; sessions: SessionRegistry },
  runId: string | undefined,
): string {
  if (runId === undefined) return newId();
  const sessionId = runs.sessionOfRun(runId);
  if (sessionId === undefined) return runId;
  const words = `There is a run ${runId} already, or a message that becomes it: choose another id.`;
  const session = sessions.getReadable(sessionId)?.session;
  const isSeen = session === undefined || maySee(c, session);
  throw httpError(409, "run-exists", words, isSeen ? { sessionId, runId } : undefined);
}

export function stopBy(c: Context): Stop {
  const client = c.req.header("x-rein-client");
  const from = stopClients.find((one) => one === client) ?? "api";
  return { by: "user", from, ...defined({ user: askerOf(c).name }), askedAt: Date.now() };
}
