/** Which session and which node a request names. */
import type { Context } from "hono";
import { nodeHeader } from "../../../shared/protocol";
import { bodyText } from "../body";
import type { RoutePlace } from "./route-places";

export interface Named {
  sessionId?: string;
  /** Of `sessionId`: there may be none yet, and then the request makes it. */
  mayBegin?: boolean;
  node?: string;
  /** The body as JSON, where it was looked at; undefined where it is none. */
  body?: Record<string, unknown>;
}

/** `node`: as the query has it. `isBytes`: the body is not looked at. Throws as `body` does when it cannot be read. */
export async function namedIn(
  c: Context,
  place: RoutePlace,
  node: string | undefined,
  isBytes: boolean,
): Promise<Named> {
  const wanted = given({ node: node ?? c.req.header(nodeHeader) });
  if (place === "node") return wanted;
  // Of the middleware, which has no parameters of its own.
  if (place === "path") return { ...wanted, ...given({ sessionId: sessionInPath(c.req.path) }) };
  if (place === "query" || isBytes)
    return { ...wanted, ...given({ sessionId: c.req.query("sessionId") }) };
  const body = await jsonBody(c);
  const { sessionId, newSessionId, id, messages, node: chosen } = body ?? {};
  const inBody = { ...wanted, ...given({ sessionId }), ...(body && { body }) };
  if (place !== "chat") return inBody;
  const begun = Array.isArray(messages) ? id : newSessionId;
  return {
    ...inBody,
    ...given({ node: chosen }),
    ...(sessionId === undefined && typeof begun === "string"
      ? { sessionId: begun, mayBegin: true }
      : {}),
  };
}

/** The routes know no such field: it is none of what they are asked. Returns it. */
export function hideNodeQuery(c: Context): string | undefined {
  const node = c.req.query("node");
  if (node === undefined) return undefined;
  const all = c.req.query.bind(c.req) as () => Record<string, string>;
  const query = (key?: string) => {
    const { node: _node, ...rest } = all();
    return key === undefined ? rest : rest[key];
  };
  c.req.query = query as typeof c.req.query;
  return node;
}

/** In `/api/sessions/:id…` and `/api/chat/:id…`. */
function sessionInPath(path: string): string | undefined {
  const part = path.split("/")[3];
  if (part === undefined) return undefined;
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

async function jsonBody(c: Context): Promise<Record<string, unknown> | undefined> {
  const text = await bodyText(c);
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined; // the route refuses it
  }
}

/** Those that are texts: what else stands there the route refuses. */
function given<Key extends string>(values: Record<Key, unknown>): Partial<Record<Key, string>> {
  const texts = Object.entries(values).filter(
    ([, value]) => typeof value === "string" && value !== "",
  );
  return Object.fromEntries(texts) as Partial<Record<Key, string>>;
}
