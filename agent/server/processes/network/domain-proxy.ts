/** The only way out of a job whose network is a list of domains: an HTTP proxy in this server, on a socket of the job. */
import { closeSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { log } from "../../log";
import { addressesFor, type Lookup, systemLookup } from "./allowed-domains";
import { BadRequest, maxHeadBytes, parseRequest, type ProxyRequest } from "./proxy-request";

/** Of one job at a time; another one is closed at once. */
const maxConnections = 128;

/** How long a request may take to arrive, and a server to answer the connection. */
const headMs = 10_000;
const connectMs = 10_000;

/** Refusals that are told one by one. */
const maxTold = 20;

export interface DomainProxyOptions {
  /** As in `CommandSettings`. */
  domains: readonly string[];
  /** Called with a sentence for each target that is refused, once each. */
  onRefused(sentence: string): void;
  lookup?: Lookup;
}

export class DomainProxy {
  readonly #options: DomainProxyOptions;
  readonly #sockets = new Set<Socket>();
  readonly #told = new Set<string>();
  readonly #server: Server;
  #clients = 0;
  #isClosed = false;

  constructor(options: DomainProxyOptions) {
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
    this.#server.on("error", (err) => log.error({ err }, "A job's proxy does not listen"));
  }

  /** Serves what connects to this listening socket, which is the proxy's from now on. After `close` it is closed. */
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

  #accept(client: Socket): void {
    if (this.#isClosed || this.#clients >= maxConnections) return void client.destroy();
    this.#clients++;
    client.once("close", () => this.#clients--);
    this.#hold(client);
    this.#serveOne(client).catch((error: unknown) => this.#refuse(client, error));
  }

  /** A socket that fails is closed, with its other half. */
  #hold(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => this.#sockets.delete(socket));
  }

  async #serveOne(client: Socket): Promise<void> {
    const { head, rest } = await readHead(client);
    const request = parseRequest(head);
    const { domains, lookup = systemLookup } = this.#options;
    const addresses = await addressesFor(request, domains, lookup);
    const server = await this.#connect(addresses, request.port);
    if (this.#isClosed || client.destroyed) return void server.destroy();
    join(client, server);
    if (request.head === undefined) {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      if (rest.length > 0) server.write(rest);
      client.pipe(server);
    } else {
      server.write(request.head, "latin1");
      sendBody(client, server, rest, request);
    }
    server.pipe(client);
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

  #refuse(client: Socket, error: unknown): void {
    if (client.destroyed) return;
    const words = error instanceof Error ? error.message : String(error);
    const status = error instanceof BadRequest ? error.status : "403 Forbidden";
    const sentence = `The network of this command is limited: ${words}.`;
    log.debug({ reason: words }, "A connection of a job was refused");
    const body = `${sentence}\n`;
    client.end(
      `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
    client.resume();
    setTimeout(() => client.destroy(), 1000).unref();
    if (this.#told.has(sentence) || this.#told.size >= maxTold) return;
    this.#told.add(sentence);
    this.#options.onRefused(sentence);
  }
}

/** Reads up to the empty line; `rest` has already arrived behind it. Rejects when that takes too long or is too much. */
function readHead(client: Socket): Promise<{ head: string; rest: Buffer }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ head: string; rest: Buffer }>();
  let bytes = Buffer.alloc(0);
  const fail = (): void =>
    reject(new BadRequest("400 Bad Request", "the request did not arrive whole"));
  const timer = setTimeout(fail, headMs);
  const onData = (piece: Buffer): void => {
    bytes = Buffer.concat([bytes, piece]);
    const end = bytes.indexOf("\r\n\r\n");
    if (end < 0 ? bytes.length > maxHeadBytes : end > maxHeadBytes) return fail();
    if (end < 0) return;
    client.pause();
    resolve({ head: bytes.toString("latin1", 0, end + 4), rest: bytes.subarray(end + 4) });
  };
  client.on("data", onData).once("end", fail).once("close", fail);
  const settled = (): void => {
    clearTimeout(timer);
    client.off("data", onData).off("end", fail).off("close", fail);
  };
  void promise.then(settled, settled);
  return promise;
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

/** When one of them is closed, so is the other. */
function join(client: Socket, server: Socket): void {
  client.once("close", () => server.destroy());
  server.once("close", () => client.destroySoon());
}

/** Sends as many bytes as the request has announced. More would be another request: then the connection is cut. */
function sendBody(client: Socket, server: Socket, rest: Buffer, { bodyBytes }: ProxyRequest): void {
  let left = bodyBytes;
  const send = (piece: Buffer): void => {
    if (piece.length > left) return void client.destroy();
    left -= piece.length;
    if (piece.length > 0 && !server.write(piece)) {
      client.pause();
      server.once("drain", () => client.resume());
    }
  };
  client.on("data", send);
  send(rest);
  client.resume();
}
