/** One open event stream: bounded, batched, and never a reason for a run to wait. */
import { comment, type Frame, joined } from "./sse-frame";
import { unackedBytes } from "./unacked-bytes";

/** A comment. One is sent at once: the headers of an answer travel with its first byte. */
const heartbeat = comment("hb");
const usualHeartbeatMs = 15_000;
/** A viewer that has this much waiting is let go; it resumes by the last id it saw. */
const maxWaitingBytes = 8_000_000;
/** Let go when at so many heartbeats in a row it has taken nothing of what waits for it. */
const maxDeafBeats = 3;

export interface ViewerOptions {
  headers?: Record<string, string>;
  /** The other end's own port, where it is known: by it a connection is found whose other end is gone. */
  peerPort?: number;
  heartbeatMs?: number;
}

/**
 * One open stream. Frames queue up while the previous write is under way and go out together: one write per event
 * is the limit of throughput. `end` closes after what is queued; `close` at once. `onClose` runs once, whoever closed it.
 */
export class Viewer {
  readonly response: Response;
  readonly #onClose: (viewer: Viewer) => void;
  readonly #timer: Timer;
  readonly #peerPort: number | undefined;
  /** Two heartbeats never go by the same look at the system. */
  readonly #freshMs: number;
  #deaf = { beats: 0, taken: 0 };
  #waiting: Frame[] = [];
  #waitingBytes = 0;
  #givenBytes = 0;
  /** What it was given to begin with is no sign of slowness, however long it is. */
  #allowed = maxWaitingBytes;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  /** The socket can take more. */
  #isPulled = false;
  #ending = false;
  #closed = false;

  constructor(onClose: (viewer: Viewer) => void, options: ViewerOptions = {}) {
    const { headers, peerPort, heartbeatMs = usualHeartbeatMs } = options;
    this.#onClose = onClose;
    this.#peerPort = peerPort;
    this.#freshMs = heartbeatMs / 2;
    const stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#controller = controller),
        pull: () => {
          this.#isPulled = true;
          this.#flush();
        },
        cancel: () => this.close(),
      },
      { highWaterMark: 0 },
    );
    this.response = new Response(stream, {
      headers: {
        "Content-Type": "text/event-stream; charset=utf-8",
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",
        ...headers,
      },
    });
    this.send(heartbeat);
    this.#timer = setInterval(() => this.#beat(), heartbeatMs);
  }

  /** Whoever is there takes something, however slowly and however much more comes; who is gone takes nothing. */
  #beat(): void {
    const before = this.#deaf;
    const sent = this.#peerPort === undefined ? 0 : unackedBytes(this.#peerPort, this.#freshMs);
    const waiting = this.#waitingBytes + sent;
    const taken = this.#givenBytes - waiting;
    const isDeaf = waiting > 0 && taken <= before.taken;
    this.#deaf = { beats: isDeaf ? before.beats + 1 : 0, taken };
    if (this.#deaf.beats >= maxDeafBeats) this.#drop();
    else this.send(heartbeat);
  }

  /** Breaks the connection: an orderly end would wait behind what is not taken. */
  #drop(): void {
    this.#controller?.error(new Error("this viewer takes nothing of what waits for it"));
    this.close();
  }

  /** What there was before it came, in front of all else. */
  begin(frames: Frame[]): void {
    if (frames.length === 0) return;
    const all = joined(frames);
    this.#allowed += all.length;
    this.send(all);
  }

  send(frame: Frame): void {
    if (this.#closed || this.#ending) return;
    this.#waiting.push(frame);
    this.#waitingBytes += frame.length;
    this.#givenBytes += frame.length;
    if (this.#waitingBytes > this.#allowed) return this.#drop();
    this.#flush();
  }

  end(): void {
    this.#ending = true;
    this.#flush();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    this.#waiting = [];
    try {
      this.#controller?.close();
    } catch {
      // The client hung up first, or was dropped: the stream is closed already.
    }
    this.#onClose(this);
  }

  #flush(): void {
    if (!this.#isPulled || this.#closed) return;
    if (this.#waiting.length > 0) {
      const frames = joined(this.#waiting);
      this.#isPulled = false;
      this.#waiting = [];
      this.#waitingBytes = 0;
      this.#allowed = maxWaitingBytes;
      this.#controller?.enqueue(frames);
    } else if (this.#ending) this.close();
  }
}
