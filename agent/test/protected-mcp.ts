/** An MCP server over HTTP that wants a sign-in, with its authorization server: one socket, real requests, faults by a switch. */
import { createHash, randomUUID } from "node:crypto";

export type SignInFault =
  | "endless-metadata"
  | "redirecting-metadata"
  | "other-issuer"
  | "plain-elsewhere"
  | "script-address"
  | "javascript-address"
  | "no-registration"
  | "refused-registration"
  | "plain-challenge"
  | "other-resource"
  | "unknown-client"
  | "hanging-token"
  | "endless-token"
  | "text-token"
  | "echoing-token";

export interface ProtectedMcp extends Disposable {
  readonly url: string;
  readonly mcpUrl: string;
  fault: SignInFault | undefined;
  /** How many bytes of an endless answer were sent. */
  sent: number;
  /** Every path that was asked for. */
  readonly asked: string[];
  /** What was posted to the token endpoint. */
  readonly tokenRequests: Record<string, string>[];
  /** The access tokens that called its tool. */
  readonly calls: string[];
  /** Answers what the token endpoint was asked while it hung, and hangs no more. */
  release(): void;
  /** Accepts no access token that was given until now. */
  expire(): void;
  /** As a person who consents: where the service then sends the browser. */
  consent(address: string): string;
}

interface Code {
  challenge: string;
  redirectUri: string;
}

/** Where it sends people. */
const addresses: Record<string, string> = {
  "script-address": "ftp://127.0.0.1/authorize",
  "javascript-address": "javascript:alert(1)",
};

export function startProtectedMcp(): ProtectedMcp {
  const codes = new Map<string, Code>();
  const valid = new Set<string>();
  const refresh = new Set<string>();
  let hanging = Promise.withResolvers<void>();
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", idleTimeout: 0, fetch: answer });
  const url = `http://127.0.0.1:${server.port}`;
  const own: ProtectedMcp = {
    url,
    mcpUrl: `${url}/mcp`,
    fault: undefined,
    sent: 0,
    asked: [],
    tokenRequests: [],
    calls: [],
    release() {
      own.fault = undefined;
      hanging.resolve();
      hanging = Promise.withResolvers();
    },
    expire: () => valid.clear(),
    consent(address) {
      const { searchParams } = new URL(address);
      const code = randomUUID();
      const redirectUri = searchParams.get("redirect_uri") ?? "";
      codes.set(code, { challenge: searchParams.get("code_challenge") ?? "", redirectUri });
      const back = new URL(redirectUri);
      back.search = String(
        new URLSearchParams({ code, state: searchParams.get("state") ?? "", iss: url }),
      );
      return back.href;
    },
    [Symbol.dispose]: () => void server.stop(true),
  };
  return own;

  async function answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    own.asked.push(`${request.method} ${pathname}`);
    if (pathname === "/mcp") return mcp(request);
    if (pathname === "/register") return register(request);
    if (pathname === "/token") return token(new URLSearchParams(await request.text()));
    if (pathname.startsWith("/.well-known/oauth-protected-resource")) return resource();
    if (pathname.startsWith("/.well-known/oauth-authorization-server")) return metadata();
    return new Response("not here", { status: 404 });
  }

  function resource(): Response {
    const service = own.fault === "plain-elsewhere" ? "http://192.0.2.1:1/" : url;
    const named = own.fault === "other-resource" ? "https://other.test/mcp" : own.mcpUrl;
    return Response.json({ resource: named, authorization_servers: [service] });
  }

  function metadata(): Response {
    if (own.fault === "redirecting-metadata")
      return Response.redirect("http://localhost:1/elsewhere", 302);
    if (own.fault === "endless-metadata") return endless();
    return Response.json({
      issuer: own.fault === "other-issuer" ? "https://other.test" : url,
      authorization_endpoint: addresses[own.fault ?? ""] ?? `${url}/authorize`,
      token_endpoint: `${url}/token`,
      ...(own.fault !== "no-registration" && { registration_endpoint: `${url}/register` }),
      response_types_supported: ["code"],
      code_challenge_methods_supported: [own.fault === "plain-challenge" ? "plain" : "S256"],
      authorization_response_iss_parameter_supported: true,
    });
  }

  function endless(): Response {
    const piece = new TextEncoder().encode(" ".repeat(65_536));
    return new Response(
      new ReadableStream({
        pull(controller) {
          own.sent += piece.length;
          controller.enqueue(piece);
        },
      }),
      { headers: { "Content-Type": "application/json" } },
    );
  }

  async function register(request: Request): Promise<Response> {
    const given = (await request.json()) as object;
    if (own.fault === "refused-registration")
      return new Response(`<h1>No\u001B[2J</h1>${"x".repeat(5_000)}`, { status: 403 });
    return Response.json({ ...given, client_id: `client-${randomUUID()}` }, { status: 201 });
  }

  async function token(form: URLSearchParams): Promise<Response> {
    const fields = Object.fromEntries(form);
    own.tokenRequests.push(fields);
    if (own.fault === "hanging-token") await hanging.promise;
    if (own.fault === "unknown-client")
      return Response.json({ error: "invalid_client" }, { status: 401 });
    if (own.fault === "endless-token") return endless();
    if (own.fault === "text-token") return new Response("<p>Welcome</p>");
    if (own.fault === "echoing-token") return new Response(`No: ${form}`, { status: 500 });
    if (fields["grant_type"] === "refresh_token") {
      if (!refresh.delete(fields["refresh_token"] ?? ""))
        return Response.json({ error: "invalid_grant" }, { status: 400 });
      return tokens();
    }
    const code = codes.get(fields["code"] ?? "");
    codes.delete(fields["code"] ?? "");
    const hash = createHash("sha256").update(fields["code_verifier"] ?? "");
    const isGood =
      code?.challenge === hash.digest("base64url") && code.redirectUri === fields["redirect_uri"];
    return isGood ? tokens() : Response.json({ error: "invalid_grant" }, { status: 400 });
  }

  function tokens(): Response {
    const [access, next] = [`access-${randomUUID()}`, `refresh-${randomUUID()}`];
    valid.add(access);
    refresh.add(next);
    return Response.json({ access_token: access, token_type: "Bearer", refresh_token: next });
  }

  async function mcp(request: Request): Promise<Response> {
    const bearer = /^Bearer (.*)$/.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
    if (!valid.has(bearer)) {
      const where = `${url}/.well-known/oauth-protected-resource/mcp`;
      const headers = { "WWW-Authenticate": `Bearer resource_metadata="${where}"` };
      return new Response(null, { status: 401, headers });
    }
    if (request.method !== "POST") return new Response(null, { status: 405 });
    const { id, method, params } = (await request.json()) as {
      id?: number;
      method: string;
      params?: { protocolVersion?: string };
    };
    if (id === undefined) return new Response(null, { status: 202 });
    if (method === "tools/call") own.calls.push(bearer);
    const result =
      method === "initialize"
        ? {
            protocolVersion: params?.protocolVersion,
            capabilities: { tools: {} },
            serverInfo: { name: "protected", version: "1" },
          }
        : {
            content: [],
            tools: [{ name: "look", description: "Looks.", inputSchema: { type: "object" } }],
          };
    return Response.json({ jsonrpc: "2.0", id, result });
  }
}
