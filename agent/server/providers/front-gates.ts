/**
 * Ways to services through the gate of this server's front, which has the keys: a request that carries a gate's token goes
 * there in the place of the service. The address of the service stays what the rules of services and the prices go by.
 */

export interface GateWay {
  /** The address of the service, without a slash at its end. */
  from: string;
  /** The gate's, likewise. */
  to: string;
  token: string;
}

let ways: readonly GateWay[] = [];

/** In the place of those that were known. A request that is under way goes on. */
export function leadThrough(all: readonly GateWay[]): void {
  ways = all;
}

/** Where a request to `url` with these headers goes. */
export function wayOf(url: URL, headers: Headers): URL {
  const way = ways.find(({ from, token }) => url.href.startsWith(from) && carries(headers, token));
  return way === undefined ? url : new URL(way.to + url.href.slice(way.from.length));
}

function carries(headers: Headers, token: string): boolean {
  return ["authorization", "x-api-key", "x-goog-api-key"].some((name) =>
    headers.get(name)?.includes(token),
  );
}
