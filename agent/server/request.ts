/** What the routes read from a request: the session it names, who asks for a stop, and the body. */
import type { Context } from "hono";
import type { Stop, StopFrom } from "../shared/protocol";
import type { LiveSession, Sessions } from "./live";
import { refusal } from "./refusal";

/** The session that the path names as `:id`; refuses when there is none. */
export function find(c: Context, sessions: Sessions): LiveSession {
  return findById(sessions, c.req.param("id") ?? "");
}

export function findById(sessions: Sessions, id: string): LiveSession {
  const live = sessions.get(id);
  if (live === undefined) throw refusal(404, "session", `There is no session ${id}.`);
  return live;
}

/** The body as JSON; an empty one is an empty object. */
export async function body(c: Context): Promise<unknown> {
  const text = await c.req.text();
  if (text === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    throw refusal(400, "json", "The body is not valid JSON.");
  }
}

export function stopBy(c: Context): Stop {
  const client = c.req.header("x-rein-client");
  const from: StopFrom = client === "web" || client === "terminal" ? client : "api";
  return { by: "user", from, askedAt: Date.now() };
}

/** Without the keys that are undefined: absent and undefined mean the same on the wire. */
export function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
