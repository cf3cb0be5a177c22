/**
 * Work that waits for its turn: so much at once, however much there is. What takes long counts only for a while, so that what
 * hangs, or comes slowly, keeps nothing else waiting; and who has least under way is next.
 */

interface Waiting {
  by: unknown;
  begin: () => void;
}

export class Turns {
  readonly #atOnce: number;
  readonly #mostMs: number;
  #counted = 0;
  /** By who has them, those that count no more too. */
  readonly #open = new Map<unknown, number>();
  readonly #waiting = new Set<Waiting>();

  /** `mostMs`: a turn counts no longer. */
  constructor({ atOnce, mostMs }: { atOnce: number; mostMs: number }) {
    this.#atOnce = atOnce;
    this.#mostMs = mostMs;
  }

  /** Resolves, with what ends it. `by`: who shares with the others. Rejects with the reason of the signal. */
  async take(signal: AbortSignal, by?: unknown): Promise<() => void> {
    signal.throwIfAborted();
    const turn = this.#counted < this.#atOnce ? this.#begin(by) : await this.#turn(by, signal);
    if (!signal.aborted) return turn;
    turn();
    throw signal.reason;
  }

  async #turn(by: unknown, signal: AbortSignal): Promise<() => void> {
    const { promise, resolve, reject } = Promise.withResolvers<() => void>();
    const one = { by, begin: () => resolve(this.#begin(by)) };
    const giveUp = (): void => {
      // No turn is given to it from this moment on.
      this.#waiting.delete(one);
      reject(signal.reason as Error);
    };
    this.#waiting.add(one);
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }

  /** Counts from here on: whoever asks before the one to whom it is given goes on finds it taken. */
  #begin(by: unknown): () => void {
    this.#counted++;
    this.#open.set(by, this.#openOf(by) + 1);
    const release = once(() => {
      this.#counted--;
      this.#next();
    });
    const late = setTimeout(release, this.#mostMs);
    return once(() => {
      clearTimeout(late);
      const left = this.#openOf(by) - 1;
      if (left > 0) this.#open.set(by, left);
      else this.#open.delete(by);
      release();
    });
  }

  /** Of those who have least, the one that waits longest. */
  #next(): void {
    let next: Waiting | undefined;
    for (const one of this.#waiting)
      if (next === undefined || this.#openOf(one.by) < this.#openOf(next.by)) next = one;
    if (next === undefined) return;
    this.#waiting.delete(next);
    next.begin();
  }

  #openOf(by: unknown): number {
    return this.#open.get(by) ?? 0;
  }
}

function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    work();
  };
}
