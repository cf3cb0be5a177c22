/**
 * What of a request reaches a person's server, and what of its answer goes back. That server is the person's to change, and
 * others may be shown what it answers: it is believed as little as any program of theirs.
 */
import type { Context } from "hono";

/** No credential: that of the front would let the person's own programs sign in as the person. */
const asked = [
  "accept",
  "content-type",
  "content-length",
  "host",
  "last-event-id",
  "origin",
  "user-agent",
  "x-rein-client",
];

/** What the page and programs read of an answer. Nothing that changes what a browser lets this address do. */
const answered = [
  "content-disposition",
  "content-encoding",
  "content-type",
  "retry-after",
  "x-accel-buffering",
  "x-rein-session",
  "x-vercel-ai-ui-message-stream",
];

/** Opened as a page of its own, it may do nothing. */
const policy =
  "sandbox; default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function askedHeaders(c: Context): Headers {
  return passed(asked, c.req.raw.headers);
}

export function answeredHeaders(given: Headers): Headers {
  const headers = passed(answered, given);
  headers.set("Content-Security-Policy", policy);
  return headers;
}

function passed(names: readonly string[], given: Headers): Headers {
  const headers = new Headers();
  for (const name of names) {
    const value = given.get(name);
    if (value !== null) headers.set(name, value);
  }
  return headers;
}
