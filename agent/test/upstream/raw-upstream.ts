/**
 * An upstream that sends any bytes: a TCP server which answers each HTTP request with what the test gives it, and counts
 * what the client took. For services that break the rules; those that keep them are scripted (upstream.ts).
 */
import { within } from "../within";

/** One answer: sent piece by piece, as fast as the client reads. */
export interface RawAnswer {
  pieces: Iterable<string | Uint8Array>;
  /** Whether the connection stays open after the last piece; it is closed unless this is set. */
  keepsOpen?: boolean;
  /** Each piece in a turn of the event loop of its own, so that the client reads it by itself. */
  isPaced?: boolean;
}

export interface RawRequest {
  /** Method and path. */
  line: string;
  head: string;
  body: string;
  /** Bytes of the answer that the system has accepted so far: those that were read, and the socket's buffers. */
  sent(): number;
  /** Resolves when the connection has closed. */
  readonly closed: Promise<void>;
}

export interface RawUpstream extends Disposable {
  url: string;
  requests: RawRequest[];
  /** From now on each request gets this. */
  answer(choose: (request: RawRequest) => RawAnswer): void;
}

interface Connection {
  received: string;
  request?: RawRequest;
  pieces?: Iterator<string | Uint8Array>;
  left: Uint8Array;
  sent: number;
  keepsOpen: boolean;
  isPaced: boolean;
  closed: PromiseWithResolvers<void>;
}

export function startRawUpstream(): RawUpstream {
  const requests: RawRequest[] = [];
  let choose: (request: RawRequest) => RawAnswer = () => http("", { status: "500 Nothing" });
  const server = Bun.listen<Connection>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open(socket) {
        const closed = Promise.withResolvers<void>();
        const left = new Uint8Array();
        socket.data = { received: "", left, sent: 0, keepsOpen: false, isPaced: false, closed };
      },
      data(socket, bytes) {
        const { data } = socket;
        data.received += Buffer.from(bytes).toString("latin1");
        const request = data.pieces === undefined ? readRequest(data) : undefined;
        if (request === undefined) return;
        requests.push(request);
        const { pieces, keepsOpen = false, isPaced = false } = choose(request);
        Object.assign(data, { pieces: pieces[Symbol.iterator](), keepsOpen, isPaced });
        send(socket);
      },
      drain: send,
      close: ({ data }) => data.closed.resolve(),
      error: ({ data }) => data.closed.resolve(),
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    requests,
    answer: (chosen) => void (choose = chosen),
    [Symbol.dispose]: () => server.stop(true),
  };
}

/** An answer that closes its connection at its end; without `content-length` the end is its end. */
export function http(
  body: string | Uint8Array | Iterable<string | Uint8Array>,
  options: { status?: string; headers?: Record<string, string>; keepsOpen?: boolean } = {},
): RawAnswer {
  const { status = "200 OK", headers = {}, keepsOpen = false } = options;
  const all = { "content-type": "text/event-stream", connection: "close", ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const pieces = typeof body === "string" || body instanceof Uint8Array ? [body] : body;
  return {
    keepsOpen,
    // Anew for each request.
    pieces: {
      *[Symbol.iterator]() {
        yield `HTTP/1.1 ${status}\r\n${lines.join("")}\r\n`;
        yield* pieces;
      },
    },
  };
}

function readRequest(data: Connection): RawRequest | undefined {
  const [head = "", ...rest] = data.received.split("\r\n\r\n");
  const body = rest.join("\r\n\r\n");
  const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
  if (rest.length === 0 || body.length < length) return undefined;
  return {
    line: head.split("\r\n")[0]!.replace(" HTTP/1.1", ""),
    head,
    body: Buffer.from(body, "latin1").toString(),
    sent: () => data.sent,
    get closed() {
      return within("the close of a connection to the raw upstream", data.closed.promise);
    },
  };
}

function send(socket: { data: Connection; write(bytes: Uint8Array): number; end(): void }): void {
  const { data } = socket;
  if (data.pieces === undefined) return;
  for (;;) {
    while (data.left.length > 0) {
      const sent = socket.write(data.left);
      if (sent <= 0) return;
      data.sent += sent;
      data.left = data.left.subarray(sent);
    }
    const { value, done } = data.pieces.next();
    if (done) {
      if (!data.keepsOpen) socket.end();
      return;
    }
    data.left = typeof value === "string" ? new TextEncoder().encode(value) : value;
    if (data.isPaced) return void setImmediate(() => send(socket));
  }
}
