/** Listens on the port asked for, or on the next free one. */
import { errorCode } from "../../shared/error-code";
import type { Config } from "../config/config";

const portsTried = 20;
/**
 * Seconds after which a connection is closed on which nothing is sent either way. Far longer than the heartbeat of a
 * stream: the end of a stream looks like a stop.
 */
const idleTimeout = 240;

type Fetch = (request: Request, server: Bun.Server<undefined>) => Response | Promise<Response>;

/**
 * Serves `fetch`. A taken port that was asked for by name is an error that says so; the default port gives way to the
 * next free one, and that is printed.
 */
export function listen(
  config: Pick<Config, "port" | "portGiven" | "host">,
  fetch: Fetch,
): { port: number; stop(closeActiveConnections: boolean): Promise<void> } {
  const last = config.portGiven ? config.port : config.port + portsTried;
  for (let port = config.port; ; port++) {
    try {
      // In development Bun's own error page would show the source; and without it Bun would share the port with others.
      const plain = { development: false, reusePort: false, error: answerBug };
      const server = Bun.serve({ port, hostname: config.host, idleTimeout, fetch, ...plain });
      if (port !== config.port) console.log(`Port ${config.port} is taken; using ${port}.`);
      return { port: server.port ?? port, stop: (active) => server.stop(active) };
    } catch (error) {
      const isTaken = errorCode(error) === "EADDRINUSE";
      if (isTaken && port < last) continue;
      const message = isTaken
        ? `Port ${port} is taken by another program. Choose another with PORT or --port, or end that program.`
        : `It cannot listen on port ${port} of ${config.host}: ${(error as Error).message}. ` +
          "HOST is expected to be an address of this machine, and PORT one that this user may use (from 1024 on).";
      throw new Error(message, { cause: error });
    }
  }
}

function answerBug(): Response {
  return new Response("Internal error.\n", { status: 500 });
}
