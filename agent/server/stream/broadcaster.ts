/** Sends the events of a session to all its viewers: in rounds, with time for the server's other work between them. */
import { type Frame, joined } from "./sse-frame";

/** The pause after a round is no longer than this, however long the round took. */
const maxPauseMs = 100;
/** A round of this size is sent at once. */
const maxPendingBytes = 64_000;

/**
 * The first frame after a pause goes out at once. A write costs microseconds, which adds up with thousands of viewers: frames
 * that come during a round, and during a pause of the same length after it, go out in the next round, as one piece.
 */
export class Broadcaster {
  readonly #send: (frames: Frame) => void;
  #pending: Frame[] = [];
  #pendingBytes = 0;
  #isBusy = false;

  /** `send` gives all viewers the same bytes. */
  constructor(send: (frames: Frame) => void) {
    this.#send = send;
  }

  add(frame: Frame): void {
    this.#pending.push(frame);
    this.#pendingBytes += frame.length;
    if (!this.#isBusy) this.#start();
    else if (this.#pendingBytes > maxPendingBytes) this.flush();
  }

  /** Sends now what waits for the next round; needed before a viewer joins, which would get it twice. */
  flush(): void {
    if (this.#pending.length === 0) return;
    const frames = joined(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#send(frames);
  }

  #start(): void {
    this.#isBusy = true;
    const begun = performance.now();
    this.flush();
    // The streams write after this tick, and before the next.
    setImmediate(() => this.#pause(performance.now() - begun));
  }

  #pause(tookMs: number): void {
    // A timer would take longer than this.
    if (tookMs < 1) this.#end();
    else setTimeout(() => this.#end(), Math.min(tookMs, maxPauseMs));
  }

  #end(): void {
    this.#isBusy = false;
    if (this.#pending.length > 0) this.#start();
  }
}
