/** HTTP over a bare socket: sends any bytes, also those that no client would, and reads the answers. */
import { connect, type Socket } from "node:net";
import { within } from "../within";

export interface RawAnswer {
  /** 0: the server closed the connection without an answer. */
  status: number;
  /** In lower case. */
  head: string;
  body: string;
  /** Whether the next request needs another connection. */
  isLast: boolean;
}

/** One connection to 127.0.0.1, opened at once. Its requests are sent one after the other. */
export class RawConnection {
  readonly #socket: Socket;
  #received = "";
  #isClosed = false;
  #notice = () => {};

  constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.setEncoding("latin1");
    this.#socket.on("data", (piece: string) => {
      this.#received += piece;
      this.#notice();
    });
    // A refusal may reset the connection while its request is still being sent.
    this.#socket.on("error", () => undefined);
    this.#socket.on("close", () => {
      this.#isClosed = true;
      this.#notice();
    });
  }

  /** Resolves with the answer: of an event stream, with its head alone. Rejects when none comes in time. */
  async send(bytes: string | Uint8Array, { isHead = false } = {}): Promise<RawAnswer> {
    this.#received = "";
    this.#socket.write(bytes);
    const text = typeof bytes === "string" ? bytes : new TextDecoder("latin1").decode(bytes);
    const what = () => `an answer to ${JSON.stringify(text.slice(0, 400))}; ${this.#received}`;
    return within(what, this.#answer(isHead));
  }

  /** Sends the last bytes of this side. */
  finish(bytes: string | Uint8Array): void {
    this.#received = "";
    this.#socket.end(bytes);
  }

  /** Resolves with what came until the server has closed the connection. */
  async closed(): Promise<RawAnswer> {
    while (!this.#isClosed)
      await within(
        () => `the end of the connection; ${this.#received}`,
        new Promise<void>((resolve) => {
          this.#notice = resolve;
        }),
      );
    return parse(this.#received, false, true)!;
  }

  close(): undefined {
    this.#socket.destroy();
  }

  async #answer(isHead: boolean): Promise<RawAnswer> {
    for (;;) {
      // Asked to go on, the client has sent its body already.
      this.#received = this.#received.replace(/^HTTP\/1.1 100 Continue\r\n\r\n/, "");
      const answer = parse(this.#received, isHead, this.#isClosed);
      if (answer !== undefined) return answer;
      await new Promise<void>((resolve) => {
        this.#notice = resolve;
      });
    }
  }
}

/** Undefined while it is not complete. */
function parse(text: string, isHead: boolean, isClosed: boolean): RawAnswer | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end === -1) return isClosed ? { status: 0, head: "", body: text, isLast: true } : undefined;
  const head = text.slice(0, end).toLowerCase();
  const status = Number(/^http\/1\.1 (\d+)/.exec(head)?.[1] ?? -1);
  const rest = text.slice(end + 4);
  const isStream = head.includes("text/event-stream");
  const isLast = isClosed || isStream || head.includes("connection: close");
  const hasNone = isHead || isStream || status === 204 || status === 304;
  const body = hasNone ? "" : bodyOf(head, rest, isClosed);
  return body === undefined ? undefined : { status, head, body, isLast };
}

function bodyOf(head: string, rest: string, isClosed: boolean): string | undefined {
  if (isClosed) return rest;
  if (head.includes("transfer-encoding: chunked"))
    return rest.endsWith("0\r\n\r\n") ? rest : undefined;
  const length = /content-length: (\d+)/.exec(head)?.[1];
  // Bun answers what it cannot parse without a length, and closes.
  if (length === undefined) return head.includes("connection: close") ? undefined : rest;
  return rest.length >= Number(length) ? rest : undefined;
}
