/**
 * What only reads from another node waits for its turn: so many at once, however many ask, and a stop waits behind none. What
 * takes long, as where something hangs there, counts only for a while: it must not keep all others from that node.
 */

const maxAtOnce = 16;
const usualMs = 1000;

export class ReadTurns {
  #reading = 0;
  readonly #waiting = new Set<() => void>();
  readonly #mostMs: number;

  /** `mostMs`: a turn lasts no longer. */
  constructor(mostMs = usualMs) {
    this.#mostMs = mostMs;
  }

  /** Resolves, with what is to be called once it has read. Rejects with the reason of the signal. */
  async take(signal: AbortSignal): Promise<() => void> {
    if (this.#reading >= maxAtOnce) await this.#turn(signal);
    signal.throwIfAborted();
    this.#reading++;
    let hasEnded = false;
    const end = (): void => {
      clearTimeout(late);
      if (hasEnded) return;
      hasEnded = true;
      this.#reading--;
      this.#next();
    };
    const late = setTimeout(end, this.#mostMs);
    return end;
  }

  async #turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = () => reject(signal.reason as Error);
    this.#waiting.add(resolve);
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      await promise;
      // Given to one that has just given up.
      if (signal.aborted) this.#next();
    } finally {
      this.#waiting.delete(resolve);
      signal.removeEventListener("abort", giveUp);
    }
  }

  #next(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    this.#waiting.delete(first);
    first();
  }
}
