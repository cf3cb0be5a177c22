/** Many viewers of one stream on raw sockets, as cheap as they can be: they note what came when, and keep nothing. */
import type { Socket } from "bun";
import { now } from "./statistics";
import type { Address, Begun, Order } from "./viewers-server";

export interface Heard {
  /** From when an event was due to when a viewer had it, in milliseconds, for each event and viewer. */
  delays: Float64Array;
  /** Events that arrived in a second, at all viewers together. */
  perSecond: number;
}

interface Viewer {
  seq: number;
  /** The end of what came. */
  rest: string;
  hears(): void;
}

/** A listener's queue of connections is short. */
const atOnce = 100;
/** Every event ends with `"seq":1700000000000000}` and an empty line, and is shorter than this. */
const seqLength = 16;
const tailLength = 512;
/** What has to be kept of a piece, in case that its end is in the next. */
const restLength = 18;

export class Audience implements Disposable {
  readonly #sockets: Socket<Viewer>[] = [];
  /** When what came, for each piece: the time, the viewer's event before it, the last event in it. */
  readonly #pieces: number[] = [];
  #lastSeq = Infinity;
  #lacking = 0;
  readonly #over = Promise.withResolvers<void>();
  #isLeaving = false;

  /** Resolves when each has its first byte. */
  static async gather(address: Address, count: number): Promise<Audience> {
    const audience = new Audience();
    while (audience.#sockets.length < count)
      await Promise.all(
        Array.from({ length: Math.min(atOnce, count - audience.#sockets.length) }, () =>
          audience.#connect(address),
        ),
      );
    return audience;
  }

  /** Resolves when everybody has had everything that was ordered; rejects when one of them is let go. */
  async hear({ events, perSecond, begunAt }: Order, { firstSeq }: Begun): Promise<Heard> {
    this.#lastSeq = firstSeq + events - 1;
    this.#lacking = this.#sockets.filter(({ data }) => data.seq < this.#lastSeq).length;
    if (this.#lacking > 0) await this.#over.promise;
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
    if (count !== expected) throw new Error(`${count} events of ${expected} came`);
    return { delays, perSecond: (expected * 1000) / (lastAt - begunAt) };
  }

  [Symbol.dispose](): void {
    this.#isLeaving = true;
    for (const socket of this.#sockets) socket.terminate();
  }

  async #connect({ port, path, token }: Address): Promise<void> {
    const first = Promise.withResolvers<void>();
    const socket = await Bun.connect<Viewer>({
      hostname: "127.0.0.1",
      port,
      data: { seq: 0, rest: "", hears: first.resolve },
      socket: {
        data: (socket, bytes) => this.#take(socket.data, bytes),
        close: () => this.#leave(),
      },
    });
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\n\r\n`,
    );
    await first.promise;
    this.#sockets.push(socket);
  }

  /** Counts without parsing: only the id of the last whole event matters, and the stream has no gaps. */
  #take(viewer: Viewer, bytes: Buffer): void {
    viewer.hears();
    const tail = viewer.rest + bytes.toString("latin1", Math.max(0, bytes.length - tailLength));
    viewer.rest = tail.slice(-restLength);
    const end = tail.lastIndexOf("}\n\n");
    const seq = Number(tail.slice(Math.max(0, end - seqLength), end));
    if (!(seq > viewer.seq)) return;
    this.#pieces.push(now(), viewer.seq, seq);
    const isLast = viewer.seq < this.#lastSeq && seq >= this.#lastSeq;
    viewer.seq = seq;
    if (isLast && --this.#lacking === 0) this.#over.resolve();
  }

  #leave(): void {
    if (!this.#isLeaving) this.#over.reject(new Error("a viewer was let go"));
  }
}
