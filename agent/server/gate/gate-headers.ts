/** The headers that pass through the gate, and the key in the place of the token. */
import type { GateTarget, GateWire } from "../catalog/gate-target";
import { isOfEngine } from "../engines/request-headers";

/** What is about the connection of the service, or for a browser. */
const notAnswered = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "alt-svc",
  "content-encoding",
  "content-length",
  "location",
  "set-cookie",
  "strict-transport-security",
]);

const keyHeaders: Record<GateWire, (key: string) => [name: string, value: string]> = {
  anthropic: (key) => ["x-api-key", key],
  openai: (key) => ["authorization", `Bearer ${key}`],
  gemini: (key) => ["x-goog-api-key", key],
};

/** Of the request to the service. The answer comes uncompressed, or is inflated: it is counted as it passes. */
export function sentHeaders(
  given: Headers,
  { wire, apiKey }: GateTarget,
  hasBody: boolean,
): Headers {
  const sent = new Headers({ "accept-encoding": "identity" });
  for (const [name, value] of given) if (isOfEngine(name)) sent.set(name, value);
  if (hasBody) sent.set("content-type", "application/json");
  if (apiKey !== undefined) sent.set(...keyHeaders[wire](apiKey));
  return sent;
}

/** Of the answer to the engine, whose connection ends with it. */
export function answeredHeaders(given: Headers, apiKey: string | undefined): Headers {
  const answered = new Headers({ connection: "close" });
  for (const [name, value] of given) {
    const hasKey = apiKey !== undefined && value.includes(apiKey);
    if (!notAnswered.has(name) && !name.startsWith("access-control-") && !hasKey)
      answered.set(name, value);
  }
  return answered;
}
