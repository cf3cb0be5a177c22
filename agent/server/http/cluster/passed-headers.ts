/** What of a request and of an answer passes from node to node: nothing of the connection, nothing that stands for a credential. */
import type { Context } from "hono";
import { type Asker, askerHeader, originHeader, proofHeader } from "../../../shared/protocol";

const ofRequests = ["accept", "content-type", "last-event-id", "x-rein-client"];

const notOfAnswers = [
  "connection",
  "keep-alive",
  "content-length",
  "date",
  "proxy-authenticate",
  "set-cookie",
  "trailer",
  "transfer-encoding",
  "upgrade",
  proofHeader.toLowerCase(),
];

/** Also what only the node knows that the client has reached: the address that it used, and who asks. */
export function passedHeaders(c: Context): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of ofRequests) {
    const value = c.req.header(name);
    if (value !== undefined) headers[name] = value;
  }
  headers[originHeader] = c.req.header("origin") ?? `http://${c.req.header("host") ?? ""}`;
  // On a public route the person is not known.
  const asker: Asker | undefined = c.get("asker");
  if (asker !== undefined) headers[askerHeader] = encodeURIComponent(JSON.stringify(asker));
  return headers;
}

export function answerHeaders(headers: Headers): Headers {
  const passed = new Headers(headers);
  for (const name of notOfAnswers) passed.delete(name);
  return passed;
}
