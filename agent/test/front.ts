/** A proxy in front of a server, which a test can have fail, be silent, or answer as another program or a newer build would. */
import type { Rein } from "./rein";

export interface Front extends AsyncDisposable {
  url: string;
  /** With it, pages are opened at the proxy. */
  rein: Pick<Rein, "signInAddress">;
  /** The method and the path of each request, as they came. */
  asked: string[];
  /** Asked first, by the path; where it gives nothing, the server answers. */
  instead: (path: string) => Response | Promise<Response> | undefined;
}

export function startFront(rein: Pick<Rein, "url" | "signInAddress">): Front {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      front.asked.push(`${request.method} ${pathname}`);
      const own = await front.instead(pathname);
      if (own !== undefined) return own;
      const { method, headers, body, signal } = request;
      const init = {
        method,
        headers,
        body,
        signal,
        redirect: "manual",
        decompress: false,
      } as const;
      let answer: Response;
      try {
        answer = await fetch(rein.url + pathname + search, init);
      } catch {
        // As a proxy says it.
        return new Response(null, { status: 502 });
      }
      // What a page has without the server is what its service worker keeps.
      answer.headers.set("cache-control", "no-store");
      return answer;
    },
  });
  const { origin } = server.url;
  const front: Front = {
    url: origin,
    rein: {
      signInAddress: async () => (await rein.signInAddress()).replace(rein.url, origin),
    },
    asked: [],
    instead: () => undefined,
    async [Symbol.asyncDispose]() {
      await server.stop(true);
    },
  };
  return front;
}
