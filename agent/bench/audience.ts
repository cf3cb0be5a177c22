/** Many viewers of one stream on raw sockets, as cheap as possible: they record only when which event arrived. */
import type { Socket } from "bun";
import { now } from "./statistics";
import type { Address, Begun, Order } from "./viewers-server";

export interface Measurement {
  /** Milliseconds from the time an event was due until a viewer had it, for each event and viewer. */
  delays: Float64Array;
  /** Events that arrived in a second, at all viewers together. */
  perSecond: number;
}

interface Viewer {
  seq: number;
  /** The end of the received data. */
  rest: string;
  onData(): void;
}

/** Connections opened at the same time: a listener's backlog is short. */
const atOnce = 100;
/** Every event ends with `"seq":1700000000000000}` and an empty line, and is shorter than this. */
const seqLength = 16;
const tailLength = 512;
/** How much of a piece must be kept in case an id continues in the next one. */
const restLength = 18;

export class Audience implements Disposable {
  readonly #sockets: Socket<Viewer>[] = [];
  /** For each received piece: the time, the viewer's last event before it, the last event in it. */
  readonly #pieces: number[] = [];
  #lastSeq = Infinity;
  #unfinished = 0;
  readonly #finished = Promise.withResolvers<void>();
  #isDisposed = false;

  /** Resolves when each viewer has its first byte. */
  static async connect(address: Address, count: number): Promise<Audience> {
    const audience = new Audience();
    while (audience.#sockets.length < count)
      await Promise.all(
        Array.from({ length: Math.min(atOnce, count - audience.#sockets.length) }, () =>
          audience.#connect(address),
        ),
      );
    return audience;
  }

  /** Resolves when every viewer has received all events of the order; rejects when a viewer is dropped. */
  async measure({ events, perSecond, begunAt }: Order, { firstSeq }: Begun): Promise<Measurement> {
    this.#lastSeq = firstSeq + events - 1;
    this.#unfinished = this.#sockets.filter(({ data }) => data.seq < this.#lastSeq).length;
    if (this.#unfinished > 0) await this.#finished.promise;
    const expected = events * this.#sockets.length;
    const delays = new Float64Array(expected);
    let count = 0;
    let lastAt = begunAt;
    for (let at = 0; at < this.#pieces.length; at += 3) {
      const [came, before, last] = this.#pieces.slice(at, at + 3) as [number, number, number];
      lastAt = Math.max(lastAt, came);
      for (let seq = Math.max(firstSeq, before + 1); seq <= last; seq++)
        delays[count++] = came - begunAt - ((seq - firstSeq) * 1000) / perSecond;
    }
    if (count !== expected) throw new Error(`${count} events of ${expected} arrived`);
    return { delays, perSecond: (expected * 1000) / (lastAt - begunAt) };
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    for (const socket of this.#sockets) socket.terminate();
  }

  async #connect({ port, path, token }: Address): Promise<void> {
    const first = Promise.withResolvers<void>();
    const socket = await Bun.connect<Viewer>({
      hostname: "127.0.0.1",
      port,
      data: { seq: 0, rest: "", onData: first.resolve },
      socket: {
        data: (socket, bytes) => this.#receive(socket.data, bytes),
        close: () => this.#onClose(),
      },
    });
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\n\r\n`,
    );
    await first.promise;
    this.#sockets.push(socket);
  }

  /** Counts without parsing: only the id of the last whole event matters, and the stream has no gaps. */
  #receive(viewer: Viewer, bytes: Buffer): void {
    viewer.onData();
    const tail = viewer.rest + bytes.toString("latin1", Math.max(0, bytes.length - tailLength));
    viewer.rest = tail.slice(-restLength);
    const end = tail.lastIndexOf("}\n\n");
    const seq = Number(tail.slice(Math.max(0, end - seqLength), end));
    if (!(seq > viewer.seq)) return;
    this.#pieces.push(now(), viewer.seq, seq);
    const isLast = viewer.seq < this.#lastSeq && seq >= this.#lastSeq;
    viewer.seq = seq;
    if (isLast && --this.#unfinished === 0) this.#finished.resolve();
  }

  #onClose(): void {
    if (!this.#isDisposed) this.#finished.reject(new Error("a viewer was dropped"));
  }
}
