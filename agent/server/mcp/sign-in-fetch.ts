/** The requests of a sign-in: their addresses come from the MCP server, so where they go, how long and how much is bounded. */
import { lookup } from "node:dns/promises";
import { z } from "zod";
import { ellipsized } from "../../shared/truncate";
import { visibleString } from "../../shared/visible-text";
import { abortable } from "../abort";
import { hostname, isLoopback } from "../config/hostname";
import { kindOf } from "../processes/network/addresses";
import { withoutSecrets } from "./connection-words";
import { McpError } from "./mcp-error";

const maxBytes = 256_000;
const requestMs = 10_000;
const maxRedirects = 3;

/** For a sign-in to the server at `serverUrl`. Throws McpError with a sentence for people where it goes too far, the signal's reason, or what `fetch` throws. */
export async function signInFetch(
  address: string | URL,
  init: RequestInit | undefined,
  serverUrl: string,
  outer: AbortSignal,
): Promise<Response> {
  const late = AbortSignal.timeout(requestMs);
  const signal = AbortSignal.any([outer, late]);
  let url = new URL(address);
  try {
    for (let count = 0; count <= maxRedirects; count++) {
      checkAddress(url, serverUrl);
      await checkNetwork(url, new URL(serverUrl), signal);
      const response = await fetch(url, { ...init, redirect: "manual", signal });
      const location = response.headers.get("location");
      if (response.status < 300 || response.status >= 400 || location === null)
        return await whole(response, url, secretsOf(init));
      await response.body?.cancel();
      const next = new URL(location, url);
      // What is sent, a code or a secret, is sent nowhere else either.
      if (next.origin !== url.origin || (init?.method ?? "GET") !== "GET")
        throw new McpError(
          `${url.origin} leads elsewhere, to ${next.origin}: this is not followed.`,
        );
      url = next;
    }
    throw new McpError(`${url.origin} leads from one address to the next without an end.`);
  } catch (error) {
    outer.throwIfAborted();
    if (late.aborted)
      throw new McpError(`${url.origin} did not answer within ${requestMs / 1000} s.`);
    throw error;
  }
}

async function whole(response: Response, url: URL, secrets: string[]): Promise<Response> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of response.body ?? []) {
    bytes += piece.length;
    if (bytes > maxBytes) throw new McpError(`${url.origin} answered with more than Rein takes.`);
    pieces.push(piece);
  }
  const { status, statusText, headers } = response;
  if (status >= 400) {
    const text = withoutSecrets(Buffer.concat(pieces).toString(), secrets);
    return Response.json(refusalIn(text, `${url.origin} answered with status ${status}`), {
      status,
    });
  }
  const isEmpty = status === 204 || status === 304;
  return new Response(isEmpty ? null : Buffer.concat(pieces), { status, statusText, headers });
}

const short = z.string().transform((text) => visibleString(ellipsized(text, 300)));
const refusal = z.object({ error: short, error_description: short.optional().catch(undefined) });

/** The SDK puts the whole of any other answer into its words, which it writes to the log, too. */
function refusalIn(text: string, otherwise: string): z.output<typeof refusal> {
  try {
    return refusal.parse(JSON.parse(text));
  } catch {
    return { error: "server_error", error_description: otherwise };
  }
}

/** What a service that says again what it was sent must not have shown: codes, tokens, secrets. */
function secretsOf(init: RequestInit | undefined): string[] {
  const form = init?.body instanceof URLSearchParams ? [...init.body.entries()] : [];
  const secrets = form.filter(([name]) => !openFields.has(name)).map(([, value]) => value);
  const basic = new Headers(init?.headers).get("Authorization")?.split(" ").at(1);
  return basic === undefined ? secrets : [...secrets, basic, ...atob(basic).split(":")];
}

const openFields = new Set(["grant_type", "redirect_uri", "client_id", "resource", "scope"]);

/** Throws McpError where an address may not take part: a server elsewhere gets this machine to ask nothing of its own network in the clear. */
export function checkAddress(url: URL, serverUrl: string): void {
  if (url.protocol === "https:") return;
  if (url.protocol === "http:" && isLocal(url) && isLocal(new URL(serverUrl))) return;
  throw new McpError(`${url.origin} cannot be signed in to: its address is not https.`);
}

function isLocal({ host }: URL): boolean {
  return isLoopback(hostname(host));
}

/** Throws McpError where a server of the internet would have this machine ask a private network, or the signal's reason. */
async function checkNetwork(url: URL, server: URL, signal: AbortSignal): Promise<void> {
  if (url.host === server.host) return;
  const isOfInternet = (await kindsOf(server, signal)).includes("public");
  if (!isOfInternet || (await kindsOf(url, signal)).every((kind) => kind === "public")) return;
  throw new McpError(
    `${url.origin} is in a private network, and the MCP server is not: it is not asked.`,
  );
}

/** Of all its addresses; of a name that is not found, none: then the request fails, or a proxy knows it. */
async function kindsOf({ hostname: host }: URL, signal: AbortSignal) {
  const name = host.replace(/^\[(.*)\]$/, "$1");
  const found = await abortable(
    lookup(name, { all: true }).catch(() => []),
    signal,
  );
  return found.map(({ address }) => kindOf(address));
}
