/** Reads something anew when asked: one read at a time, one more when it was asked for meanwhile, and again where it has failed. */

/** Between a read that has failed and the next one. */
const againMs = 1000;

export class Reload {
  readonly #read: () => Promise<void>;
  readonly #signal: AbortSignal;
  readonly #pauseMs: number;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  #again: Timer | undefined;
  #hasFailed = false;

  /** Told why a read has failed, once until one succeeds. */
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

  /** The same, and after so long at the latest. */
  async askWithin(ms: number): Promise<void> {
    await Promise.race([this.ask(), Bun.sleep(ms)]);
  }

  /** The same, for who does not wait for it. */
  want(): void {
    this.ask().catch(() => undefined); // it never rejects
  }

  #begin(after: Promise<void>): Promise<void> {
    const running = after
      .then(async () => {
        if (this.#signal.aborted) return;
        clearTimeout(this.#again);
        await this.#read();
        this.#hasFailed = false;
      })
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        if (this.#running === running) this.#running = undefined;
      });
    return (this.#running = running);
  }

  #failed(error: unknown): void {
    if (this.#signal.aborted) return;
    const isFirst = !this.#hasFailed;
    this.#hasFailed = true;
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.want(), againMs);
    this.#again.unref();
    if (isFirst) this.onFailure(error);
  }
}
