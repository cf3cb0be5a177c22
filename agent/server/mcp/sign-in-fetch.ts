/** The requests of a sign-in: their addresses come from the MCP server, so where they go, how long and how much is bounded. */
import { hostname, isLoopback } from "../config/hostname";
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
      const response = await fetch(url, { ...init, redirect: "manual", signal });
      const location = response.headers.get("location");
      if (response.status < 300 || response.status >= 400 || location === null)
        return await whole(response, url);
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

async function whole(response: Response, url: URL): Promise<Response> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of response.body ?? []) {
    bytes += piece.length;
    if (bytes > maxBytes) throw new McpError(`${url.origin} answered with more than Rein takes.`);
    pieces.push(piece);
  }
  const { status, statusText, headers } = response;
  const isEmpty = status === 204 || status === 304;
  return new Response(isEmpty ? null : Buffer.concat(pieces), { status, statusText, headers });
}

/** Throws McpError where an address may not take part: a server elsewhere gets this machine to ask nothing of its own network in the clear. */
export function checkAddress(url: URL, serverUrl: string): void {
  if (url.protocol === "https:") return;
  if (url.protocol === "http:" && isLocal(url) && isLocal(new URL(serverUrl))) return;
  throw new McpError(`${url.origin} cannot be signed in to: its address is not https.`);
}

function isLocal({ host }: URL): boolean {
  return isLoopback(hostname(host));
}
