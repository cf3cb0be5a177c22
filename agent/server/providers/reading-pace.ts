/**
 * How often an answer is read while very many are open. Each read costs the event loop, in which every stop waits too: all
 * open answers together are read so many times a second, and what has come to one of them meanwhile is read at once.
 */

/** About a fifth of a core. */
const readsPerSecond = 4500;
/** A shorter gap is no longer than the one between two events of a model. */
const leastGapMs = 15;
/** A loop that is later than this has too much to do: reads become fewer, up to a fifth. */
const wantedLateMs = 6;
const mostStretch = 5;

let open = 0;
let stretch = 1;

/** The least time between two reads of one answer; 0 unless very many are open. */
export function readingGapMs(): number {
  const gapMs = (open * 1000) / readsPerSecond;
  return gapMs < leastGapMs ? 0 : gapMs * stretch;
}

/** How late the loop was with what was due: a busy machine reads less often, so that a stop does not wait for it. */
function noteLateness(lateMs: number): void {
  const isLate = lateMs > wantedLateMs;
  // Over about a second of reads, so that one long pause changes little.
  stretch = Math.min(mostStretch, Math.max(1, stretch * (isLate ? 1.001 : 0.9995)));
}

/** Of one open answer, from its creation to `end`. */
export class ReadingPace {
  #readAt = -Infinity;
  #wake: (() => void) | undefined;
  #timer: Timer | undefined;
  #hasEnded = false;
  readonly #signal: AbortSignal | null | undefined;
  readonly #onAbort = (): void => this.end();

  /** The abort of `signal` ends it. */
  constructor(signal: AbortSignal | null | undefined) {
    open++;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** To be called before each read: undefined when it is due, else what resolves then, or with `end`. */
  next(): Promise<void> | undefined {
    const gapMs = readingGapMs();
    if (gapMs === 0 || this.#hasEnded) return undefined;
    const now = performance.now();
    const waitMs = this.#readAt + gapMs - now;
    this.#readAt = Math.max(now, this.#readAt + gapMs);
    if (waitMs <= 1) return undefined;
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#timer = setTimeout(() => {
        noteLateness(performance.now() - now - waitMs);
        resolve();
      }, waitMs);
    });
  }

  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    open--;
    this.#signal?.removeEventListener("abort", this.#onAbort);
    clearTimeout(this.#timer);
    this.#wake?.();
  }
}
