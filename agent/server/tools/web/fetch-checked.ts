/** Requests an address of the web where it may lead: to a public machine, unless the settings allow it, or through the proxy. */
import { isIP } from "node:net";
import { errorCode } from "../../../shared/error-code";
import { addressesOf, hostOf, type Lookup } from "./host-addresses";
import { proxyFor } from "./web-proxy";

export interface Network {
  allowedPrivate: readonly string[];
  lookup: Lookup;
  /** The variables that name a proxy. */
  environment: Record<string, string | undefined>;
}

/** Follows no redirect. Throws ToolError where nothing may be requested, what `fetch` throws, and the signal's reason. */
export async function fetchChecked(
  url: URL,
  init: BunFetchRequestInit,
  network: Network,
  signal: AbortSignal,
): Promise<Response> {
  const proxy = proxyFor(url, network.environment);
  if (proxy === undefined) return fetchAtAddress(url, init, network, signal);
  // The proxy resolves a name. What is an address already is checked here.
  if (isIP(hostOf(url)) !== 0)
    await addressesOf(url, network.allowedPrivate, network.lookup, signal);
  return await fetch(url, { ...initFor(url, init, signal), proxy });
}

/** The address is in the place of the name, so that no second look-up can lead elsewhere. */
async function fetchAtAddress(
  url: URL,
  init: BunFetchRequestInit,
  network: Network,
  signal: AbortSignal,
): Promise<Response> {
  const addresses = await addressesOf(url, network.allowedPrivate, network.lookup, signal);
  let failure: unknown;
  // IPv4 first: many machines have IPv6 addresses that lead nowhere.
  for (const address of addresses.toSorted(
    (a, b) => Number(a.includes(":")) - Number(b.includes(":")),
  )) {
    const at = new URL(url);
    at.hostname = address.includes(":") ? `[${address}]` : address;
    try {
      return await fetch(at, { ...initFor(url, init, signal), proxy: false });
    } catch (error) {
      signal.throwIfAborted();
      if (!unreachable.has(errorCode(error) ?? "")) throw error;
      failure = error;
    }
  }
  throw failure;
}

function initFor(url: URL, init: BunFetchRequestInit, signal: AbortSignal): BunFetchRequestInit {
  const headers = new Headers(init.headers);
  headers.set("host", url.host);
  return {
    ...init,
    headers,
    redirect: "manual",
    keepalive: false,
    tls: { serverName: url.hostname },
    signal,
  };
}

/** Another address of the host may be reachable: on a machine with one of IPv4 and IPv6, for example. */
const unreachable = new Set(
  "ConnectionRefused FailedToOpenSocket ECONNREFUSED EHOSTUNREACH ENETUNREACH".split(" "),
);
