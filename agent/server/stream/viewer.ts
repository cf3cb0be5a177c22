/** One open event stream: bounded, batched, and never a reason for a run to wait. */
import type { Asker } from "../../shared/protocol";
import { log } from "../log";
import { comment, type Frame, joined } from "./sse-frame";
import { unackedBytes } from "./unacked-bytes";

/** A comment. The first is sent at once: the headers of an answer travel with its first byte. */
const heartbeat = comment("hb");
const usualHeartbeatMs = 15_000;
/**
 * A viewer with more waiting bytes is dropped; it resumes after the last id it saw. The largest of the waiting frames does
 * not count: a long snapshot, or a long text that came at once, is no sign of a slow viewer, and is bounded where it is made.
 */
const maxWaitingBytes = 8_000_000;
/** A viewer is dropped when it took nothing during so many heartbeats in a row, though something waited. */
const maxStalledBeats = 3;

export interface ViewerOptions {
  /** Who looks; absent: the server itself. */
  asker?: Asker;
  headers?: Record<string, string>;
  /** The port of the other end, where it is known: by it a dead connection is detected. */
  peerPort?: number;
  heartbeatMs?: number;
}

/**
 * One open stream. Frames queue up while the previous write is under way and go out together: one write per event is the
 * limit of throughput. `end` closes after what is queued; `close` at once. `onClose` runs once, whichever side closed.
 */
export class Viewer {
  readonly response: Response;
  readonly #onClose: (viewer: Viewer) => void;
  readonly #timer: Timer;
  readonly #peerPort: number | undefined;
  /** Each heartbeat reads the kernel's table anew. */
  readonly #freshMs: number;
  #stalled = { beats: 0, taken: 0 };
  #waiting: Frame[] = [];
  #waitingBytes = 0;
  #givenBytes = 0;
  /** Of the waiting frames, in bytes. */
  #largest = 0;
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

  /** A live viewer takes something, however slowly and however much more comes; a dead one takes nothing. */
  #beat(): void {
    const before = this.#stalled;
    const sent = this.#peerPort === undefined ? 0 : unackedBytes(this.#peerPort, this.#freshMs);
    const waiting = this.#waitingBytes + sent;
    const taken = this.#givenBytes - waiting;
    const isStalled = waiting > 0 && taken <= before.taken;
    this.#stalled = { beats: isStalled ? before.beats + 1 : 0, taken };
    if (this.#stalled.beats >= maxStalledBeats) this.#drop("it took nothing");
    else this.send(heartbeat);
  }

  /** Breaks the connection: an orderly end would wait behind what is not taken. */
  #drop(reason: string): void {
    log.info({ reason, waitingBytes: this.#waitingBytes }, "A viewer was dropped");
    this.#controller?.error(new Error(reason));
    this.close();
  }

  /** Frames as one: what the viewer missed, or a snapshot. */
  sendAll(frames: Frame[]): void {
    if (frames.length > 0) this.send(joined(frames));
  }

  send(frame: Frame): void {
    if (this.#closed || this.#ending) return;
    this.#waiting.push(frame);
    this.#waitingBytes += frame.length;
    this.#givenBytes += frame.length;
    this.#largest = Math.max(this.#largest, frame.length);
    if (this.#waitingBytes - this.#largest > maxWaitingBytes) return this.#drop("it was too slow");
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
      this.#largest = 0;
      this.#controller?.enqueue(frames);
    } else if (this.#ending) this.close();
  }
}
