/** Listens on the port asked for, or on the next free one. */
import { rmSync } from "node:fs";
import { errorCode } from "../../shared/error-code";
import type { Config } from "../config/config";

const portsTried = 20;
/**
 * Seconds after which a connection is closed on which nothing is sent either way. Far longer than the heartbeat of a
 * stream: the end of a stream looks like a stop.
 */
const idleTimeout = 240;

export interface Listener {
  /** 0 on a Unix socket. */
  port: number;
  stop(closeActiveConnections: boolean): Promise<void>;
}

type Fetch = (request: Request, server: Bun.Server<undefined>) => Response | Promise<Response>;

/**
 * Serves `fetch`. A taken port that was asked for by name is an error that says so; the default port gives way to the
 * next free one, and that is printed.
 */
export function listen(
  config: Pick<Config, "port" | "portGiven" | "host" | "socket">,
  fetch: Fetch,
): Listener {
  // In development Bun's own error page would show the source; and without it Bun would share the port with others.
  const plain = { development: false, error: answerBug, fetch };
  if (config.socket !== undefined) return onSocket(config.socket, plain);
  const last = config.portGiven ? config.port : config.port + portsTried;
  for (let port = config.port; ; port++) {
    try {
      const place = { port, hostname: config.host, idleTimeout, reusePort: false };
      const server = Bun.serve({ ...place, ...plain });
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

/** A socket that an earlier server has left is replaced: who serves here holds the data directory. */
function onSocket(path: string, plain: { fetch: Fetch; error: () => Response }): Listener {
  try {
    rmSync(path, { force: true });
    // The types have none here, and without it Bun closes what is quiet for ten seconds (1.4.5).
    const idle = { idleTimeout: 0 } as object;
    const server = Bun.serve({ unix: path, ...plain, ...idle });
    return { port: 0, stop: (active) => server.stop(active) };
  } catch (error) {
    const message = `It cannot listen on the socket ${path}: ${(error as Error).message}. REIN_SOCKET is expected to be in a directory that this user can write.`;
    throw new Error(message, { cause: error });
  }
}

function answerBug(): Response {
  return new Response("Internal error.\n", { status: 500 });
}
