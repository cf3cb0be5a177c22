/** Reads something anew when asked: one read at a time, and one more when it was asked for meanwhile. */

export class Reload {
  readonly #read: () => Promise<void>;
  readonly #signal: AbortSignal;
  readonly #pauseMs: number;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /** Told why a read has failed; the next one that is asked for tries again. */
  onFailure: (error: unknown) => void = () => {};

  /** `pauseMs`: the least between the end of a read and the beginning of the next one. After the signal nothing is read. */
  constructor(read: () => Promise<void>, signal: AbortSignal, pauseMs = 0) {
    this.#read = read;
    this.#signal = signal;
    this.#pauseMs = pauseMs;
  }

  /** Resolves when a read that began after this call is over, however it ended. */
  ask(): Promise<void> {
    if (this.#running === undefined) return this.#begin(Promise.resolve());
    return (this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return this.#begin(Bun.sleep(this.#pauseMs));
    }));
  }

  #begin(after: Promise<void>): Promise<void> {
    const running = after
      .then(async () => {
        if (!this.#signal.aborted) await this.#read();
      })
      .catch((error: unknown) => {
        if (!this.#signal.aborted) this.onFailure(error);
      })
      .finally(() => {
        if (this.#running === running) this.#running = undefined;
      });
    return (this.#running = running);
  }
}
