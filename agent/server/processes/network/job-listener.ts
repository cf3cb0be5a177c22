/** Serves connections of one job on a socket that listens in the job's own network, bounded, until they are all cut. */
import { closeSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { log } from "../../log";

/** Of one job at a time; another one is closed at once. */
const maxConnections = 128;

/** How long a server may take to answer a connection. */
const connectMs = 10_000;

export class JobListener {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  readonly #onClient: (client: Socket) => void;
  #clients = 0;
  #isClosed = false;

  /** A socket that fails is closed, before and after `onClient`. */
  constructor(onClient: (client: Socket) => void) {
    this.#onClient = onClient;
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
    this.#server.on("error", (err) => log.error({ err }, "The network of a job does not listen"));
  }

  /** Serves what connects to this listening socket, which is the listener's from now on. After `close` it is closed. */
  serve(descriptor: number): void {
    if (this.#isClosed) return closeSync(descriptor);
    this.#server.listen({ fd: descriptor });
  }

  /** Cuts every connection, at once. */
  close(): void {
    this.#isClosed = true;
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  /**
   * Connects to the first address that answers, and from then on closes each of both when the other is closed. Undefined
   * when the client is gone meanwhile. Rejects when none answers.
   */
  async connect(client: Socket, addresses: string[], port: number): Promise<Socket | undefined> {
    const server = await this.#connect(addresses, port);
    if (this.#isClosed || client.destroyed) return void server.destroy();
    client.once("close", () => server.destroy());
    server.once("close", () => client.destroySoon());
    return server;
  }

  async #connect(addresses: string[], port: number): Promise<Socket> {
    for (const address of addresses) {
      const socket = connect({ host: address, port, allowHalfOpen: true });
      this.#hold(socket);
      if (await isConnected(socket)) return socket;
      socket.destroy();
    }
    throw new Error(`no server answers at port ${port}`);
  }

  #accept(client: Socket): void {
    if (this.#isClosed || this.#clients >= maxConnections) return void client.destroy();
    this.#clients++;
    client.once("close", () => this.#clients--);
    this.#hold(client);
    this.#onClient(client);
  }

  /** A socket that fails is closed, with its other half. */
  #hold(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => this.#sockets.delete(socket));
  }
}

/** Whether it connects in time. */
async function isConnected(socket: Socket): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), connectMs);
  socket.once("connect", () => resolve(true)).once("close", () => resolve(false));
  const isOpen = await promise;
  clearTimeout(timer);
  return isOpen;
}
