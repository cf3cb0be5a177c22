/** The only way out of a job whose network is a list of domains: an HTTP proxy in this server, on a socket of the job. */
import type { Socket } from "node:net";
import { log } from "../../log";
import { addressesFor, type Lookup, systemLookup } from "./allowed-domains";
import { JobListener } from "./job-listener";
import { BadRequest, maxHeadBytes, parseRequest, type ProxyRequest } from "./proxy-request";

/** How long a request may take to arrive. */
const headMs = 10_000;

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
  readonly #told = new Set<string>();
  readonly #listener: JobListener;

  constructor(options: DomainProxyOptions) {
    this.#options = options;
    this.#listener = new JobListener((client) => {
      this.#serveOne(client).catch((error: unknown) => this.#refuse(client, error));
    });
  }

  /** See JobListener. */
  serve(descriptor: number): void {
    this.#listener.serve(descriptor);
  }

  close(): void {
    this.#listener.close();
  }

  async #serveOne(client: Socket): Promise<void> {
    const { head, rest } = await readHead(client);
    const request = parseRequest(head);
    const { domains, lookup = systemLookup } = this.#options;
    const addresses = await addressesFor(request, domains, lookup);
    const server = await this.#listener.connect(client, addresses, request.port);
    if (server === undefined) return;
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
