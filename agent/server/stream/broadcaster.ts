/** What a session says on its way to all who follow it: in rounds, with time for the server's other work between them. */
import { type Frame, joined } from "./sse-frame";

/** However long a tick took, and for whatever reason. */
const maxRestMs = 100;
/** So much is worth a write to each viewer, and is not made longer. */
const maxFreshBytes = 64_000;

/**
 * A frame goes out at once when all is quiet. But a write costs microseconds, and to thousands of viewers that is a while:
 * what is said during a round, and during as long a rest behind it, goes out in the next one, as one piece.
 */
export class Broadcaster {
  readonly #send: (frames: Frame) => void;
  #fresh: Frame[] = [];
  #freshBytes = 0;
  #isBusy = false;

  /** `send` gives all viewers the same bytes. */
  constructor(send: (frames: Frame) => void) {
    this.#send = send;
  }

  add(frame: Frame): void {
    this.#fresh.push(frame);
    this.#freshBytes += frame.length;
    if (!this.#isBusy) this.#start();
    else if (this.#freshBytes > maxFreshBytes) this.flush();
  }

  /** Sends now what waits for the next round. Nobody may join while something does: they would get it twice. */
  flush(): void {
    if (this.#fresh.length === 0) return;
    const frames = joined(this.#fresh);
    this.#fresh = [];
    this.#freshBytes = 0;
    this.#send(frames);
  }

  #start(): void {
    this.#isBusy = true;
    const begun = performance.now();
    this.flush();
    // The streams write behind this tick, and before the next.
    setImmediate(() => this.#rest(performance.now() - begun));
  }

  #rest(tookMs: number): void {
    // A timer would make more of it.
    if (tookMs < 1) this.#end();
    else setTimeout(() => this.#end(), Math.min(tookMs, maxRestMs));
  }

  #end(): void {
    this.#isBusy = false;
    if (this.#fresh.length > 0) this.#start();
  }
}
