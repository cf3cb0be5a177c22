/**
 * The gate: a loopback address of Rein in front of a provider, with a token for each conversation of an engine. The real key
 * stays here, every request is counted, and none passes outside of a turn.
 */
import { newId } from "../id";
import { log } from "../log";
import { ProviderError } from "../providers/provider";
import { ConversationGate, type GateCatalog, type OnFailure } from "./conversation-gate";
import { gateBounds } from "./gate-bounds";
import { basePaths, findEndpoint } from "./gate-paths";
import { GateRefusal } from "./gate-refusal";
import { newToken } from "./gate-token";
import type { Gate } from "./gate-types";
import type { GateWire } from "../catalog/gate-target";

interface Conversation {
  wire: GateWire;
  gate: ConversationGate;
}

/** `onFailure`: for the metrics. */
export function createGate(catalog: GateCatalog, onFailure: OnFailure): Gate {
  /** By the first name of their paths, which is no secret. */
  const conversations = new Map<string, Conversation>();
  let server: Bun.Server<undefined> | undefined;

  return {
    open(provider) {
      const target = catalog.gateTarget(provider);
      if ("missing" in target)
        throw new ProviderError(target.missing, { code: "not-configured", retryable: false });
      server ??= listen((request, query, path) => pass(conversations, request, query, path));
      const id = newId();
      const url = `http://127.0.0.1:${server.port}/${id}${basePaths[target.wire]}`;
      const onClose = () => void conversations.delete(id);
      const gate = new ConversationGate(
        { provider, url, token: newToken() },
        catalog,
        onFailure,
        onClose,
      );
      conversations.set(id, { wire: target.wire, gate });
      return gate;
    },
    async close() {
      for (const { gate } of conversations.values()) gate.close();
      await server?.stop(true);
      server = undefined;
    },
  };
}

/** Of a path that is logged. */
const pathBytes = 200;

type Pass = (request: Request, query: URLSearchParams, path: string) => Promise<Response>;

function listen(passRequest: Pass): Bun.Server<undefined> {
  return Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    development: false,
    reusePort: false,
    idleTimeout: gateBounds.headSeconds,
    maxRequestBodySize: gateBounds.bodyBytes,
    error: () => new GateRefusal("An error inside Rein.", 500).answer(),
    async fetch(request, own) {
      const response = await answer(request, own, passRequest);
      const path = URL.parse(request.url)?.pathname.slice(0, pathBytes);
      log.debug({ method: request.method, path, status: response.status }, "An engine's request");
      return response;
    },
  });
}

async function answer(
  request: Request,
  server: Bun.Server<undefined>,
  passRequest: Pass,
): Promise<Response> {
  try {
    checkClient(request.headers, server.port!);
    const { pathname, searchParams } = new URL(request.url);
    // A model may think for long.
    server.timeout(request, 0);
    return await passRequest(request, searchParams, pathname);
  } catch (error) {
    if (error instanceof GateRefusal) return error.answer();
    log.error({ err: error }, "An internal error in the gate");
    return new GateRefusal("An error inside Rein.", 500).answer();
  }
}

/** No page of a browser: neither one that says so, nor one whose name leads here. */
function checkClient(headers: Headers, port: number): void {
  if (headers.get("host") !== `127.0.0.1:${port}`)
    throw new GateRefusal("This address is reached by its number only.", 403);
  if (headers.has("origin") || headers.has("sec-fetch-site"))
    throw new GateRefusal("This address is not for pages.", 403);
}

async function pass(
  conversations: Map<string, Conversation>,
  request: Request,
  query: URLSearchParams,
  pathname: string,
): Promise<Response> {
  const [, id = "", rest = ""] = /^\/([\w-]+)(\/.*)$/.exec(pathname) ?? [];
  const found = conversations.get(id);
  if (found === undefined) throw nothingHere();
  const { wire, gate } = found;
  if (!gate.isAllowed(request, query)) throw new GateRefusal("The token is wrong.", 401);
  const base = basePaths[wire];
  const path = rest.slice(base.length);
  const endpoint = rest.startsWith(`${base}/`)
    ? findEndpoint(wire, request.method, path)
    : undefined;
  if (endpoint === undefined) throw nothingHere();
  return gate.pass({ request, endpoint, path, query });
}

function nothingHere(): GateRefusal {
  return new GateRefusal("Nothing of this address passes to the provider.", 404);
}
