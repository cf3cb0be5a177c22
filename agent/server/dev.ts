/** The page while it is being worked on: Vite beside the server, in the same process, reached through it. */
import { join } from "node:path";

/** Starts Vite on a port of its own; the answer passes page requests on to it. Its web socket is reached directly. */
export async function createDevPage(): Promise<(request: Request) => Promise<Response>> {
  const { createServer } = await import("vite");
  const vite = await createServer({
    configFile: join(import.meta.dir, "../client/vite.config.ts"),
    server: { host: "127.0.0.1", port: 5173 },
  });
  await vite.listen();
  const origin = vite.resolvedUrls?.local[0];
  if (origin === undefined) throw new Error("Vite did not say where it listens.");
  const target = new URL(origin);
  return async (request) => {
    const { pathname, search } = new URL(request.url);
    const headers = new Headers(request.headers);
    headers.delete("cookie");
    headers.set("host", target.host);
    // Compressed answers would arrive here unpacked, under headers that say otherwise.
    headers.delete("accept-encoding");
    return fetch(new URL(pathname + search, target), { headers, signal: request.signal });
  };
}
