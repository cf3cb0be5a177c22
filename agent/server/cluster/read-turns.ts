/** What only reads from another node waits for its turn: so many at once, however many ask, and a stop waits behind none. */

const maxAtOnce = 16;

export class ReadTurns {
  #reading = 0;
  readonly #waiting = new Set<() => void>();

  /** Resolves, with what is to be called once it has read. Rejects with the reason of the signal. */
  async take(signal: AbortSignal): Promise<() => void> {
    if (this.#reading >= maxAtOnce) await this.#turn(signal);
    signal.throwIfAborted();
    this.#reading++;
    return () => {
      this.#reading--;
      this.#next();
    };
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
