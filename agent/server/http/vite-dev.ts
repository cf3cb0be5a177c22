/** The page while it is being worked on: Vite beside the server, in the same process, reached through it. */
import { join } from "node:path";

/** Starts Vite on a port of its own; the answer passes page requests on to it. Its web socket is reached directly. */
export async function createDevPage(): Promise<(request: Request) => Promise<Response>> {
  const { createServer } = await import("vite");
  const host = "127.0.0.1";
  const port = await freePort(host);
  const vite = await createServer({
    configFile: join(import.meta.dir, "../../client/vite.config.ts"),
    server: { host, port, strictPort: true, hmr: { host, clientPort: port } },
  });
  await vite.listen();
  return async (request) => {
    const { pathname, search } = new URL(request.url);
    const headers = new Headers(request.headers);
    headers.delete("cookie");
    headers.set("host", `${host}:${port}`);
    // Compressed answers would arrive here unpacked, under headers that say otherwise.
    headers.delete("accept-encoding");
    const target = `http://${host}:${port}${pathname}${search}`;
    return fetch(target, { headers, signal: request.signal });
  };
}

/** The page must be told the port of the web socket before Vite listens. */
async function freePort(hostname: string): Promise<number> {
  const probe = Bun.serve({ hostname, port: 0, fetch: () => new Response() });
  const { port } = probe;
  await probe.stop(true);
  if (port === undefined) throw new Error("No port is free for Vite.");
  return port;
}
