/** The page in development: Vite in the same process, on a port of its own, reached through the server. */
import { programFile } from "../program-files";

/** Starts Vite; what is returned proxies page requests to it. Its web socket is reached directly. */
export async function createDevPage(): Promise<(request: Request) => Promise<Response>> {
  const { createServer } = await import("vite");
  const host = "127.0.0.1";
  const port = await freePort(host);
  const vite = await createServer({
    configFile: programFile("agent/client/vite.config.ts"),
    server: { host, port, strictPort: true, hmr: { host, clientPort: port } },
  });
  await vite.listen();
  return async (request) => {
    const { pathname, search } = new URL(request.url);
    const headers = new Headers(request.headers);
    headers.delete("cookie");
    headers.set("host", `${host}:${port}`);
    // fetch decompresses answers and keeps the header that says they are compressed.
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
