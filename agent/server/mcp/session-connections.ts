/** The connections of one session: at most one to each server is used, and one of what was configured before ends with its last call. */
import { log } from "../log";
import type { ConfiguredServer } from "./configured-server";
import type { ConnectionPlace } from "./open-transport";
import { ServerConnection } from "./server-connection";

export class SessionConnections {
  /** By the names of the servers. */
  readonly #used = new Map<string, ServerConnection>();
  /** Nothing new is asked of them. */
  readonly #replaced = new Set<ServerConnection>();

  get isInUse(): boolean {
    return [...this.#used.values(), ...this.#replaced].some(({ openCalls }) => openCalls > 0);
  }

  get(name: string): ServerConnection | undefined {
    return this.#used.get(name);
  }

  /** The open one, or one that is started now. One that could not be started is not tried again before `forgetFailed`. */
  open(configured: ConfiguredServer, place: ConnectionPlace): ServerConnection {
    const { name } = configured;
    const known = this.#used.get(name);
    if (known && !(known.isOver && (known.wasReady || known.state === "ended"))) {
      // With other tools switched off it goes on.
      if (known.configured.digest === configured.digest) known.configured = configured;
      return known;
    }
    const connection = new ServerConnection(configured, place);
    this.#used.set(name, connection);
    return connection;
  }

  forgetFailed(): void {
    for (const [name, { isOver }] of this.#used) if (isOver) this.#used.delete(name);
  }

  /** Ends all but those to `wanted` as it is configured now, each as soon as it has no open call. Never throws. */
  keepOnly(wanted: readonly ConfiguredServer[]): void {
    const digests = new Map(wanted.map(({ name, digest }) => [name, digest]));
    for (const [name, connection] of this.#used) {
      if (digests.get(name) === connection.configured.digest) continue;
      this.#used.delete(name);
      this.#replaced.add(connection);
      connection
        .endAfterCalls()
        .catch((err: unknown) => log.error({ err }, "The end of an MCP server was not noticed"))
        .finally(() => this.#replaced.delete(connection));
    }
  }

  /** Ends the one to a server, whatever is asked of it; the next `open` starts another. Resolves when it has ended; never rejects. */
  async endOne(name: string): Promise<void> {
    const connection = this.#used.get(name);
    this.#used.delete(name);
    await connection?.end("other");
  }

  /** Resolves when all their processes are proven dead; never rejects. */
  async end(): Promise<void> {
    const all = [...this.#used.values(), ...this.#replaced];
    await Promise.all(all.map((connection) => connection.end("other")));
  }
}

/** A start is waited for once, and not when it has failed. Never rejects. */
export async function readyNow(connection: ServerConnection): Promise<void> {
  if (connection.state === "starting" && connection.wasWaitedFor) return;
  await connection.started;
  await connection.refresh();
}
