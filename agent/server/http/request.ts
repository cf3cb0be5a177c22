/** What routes read from a request: the session it names, and the client that asks for a stop. */
import type { Context } from "hono";
import { type Stop, stopClients } from "../../shared/protocol";
import type { LiveSession } from "../session/live-session";
import type { SessionRegistry } from "../session/session-registry";
import { httpError } from "./http-error";

/** The session that the path names as `:id`; refuses when there is none. */
export function find(c: Context, sessions: SessionRegistry): LiveSession {
  return findById(sessions, c.req.param("id") ?? "");
}

export function findById(sessions: SessionRegistry, id: string): LiveSession {
  const live = sessions.get(id);
  if (live === undefined) throw httpError(404, "session", `There is no session ${id}.`);
  return live;
}

export function stopBy(c: Context): Stop {
  const client = c.req.header("x-rein-client");
  const from = stopClients.find((one) => one === client) ?? "api";
  return { by: "user", from, askedAt: Date.now() };
}
