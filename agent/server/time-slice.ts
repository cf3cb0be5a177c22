/** A share of the event loop's time: long work rests at its end, so that a stop need not wait for it. */

const sliceMs = 8;

export class TimeSlice {
  #endsAt = performance.now() + sliceMs;
  #rest: Promise<void> | undefined;
  #worker: object | undefined;
  readonly #waiting: { worker: object; resolve: () => void }[] = [];

  get isResting(): boolean {
    return this.#rest !== undefined;
  }

  get isOver(): boolean {
    return this.isResting || performance.now() >= this.#endsAt;
  }

  /** Resolves in a slice of `worker`, which may be anything: of many that wait, each has one of its own. Never rejects. */
  async take(worker: object): Promise<void> {
    if (this.#worker === worker && !this.isOver) return;
    await new Promise<void>((resolve) => {
      this.#waiting.push({ worker, resolve });
      if (this.#waiting.length === 1) setImmediate(() => this.#giveNext());
    });
  }

  #giveNext(): void {
    const { worker, resolve } = this.#waiting.shift()!;
    this.#worker = worker;
    this.#endsAt = performance.now() + sliceMs;
    if (this.#waiting.length > 0) setImmediate(() => this.#giveNext());
    resolve();
  }

  /** Lets everything else run, and begins the next slice. Callers at the same time wait for the same rest. Never rejects. */
  rest(): Promise<void> {
    this.#rest ??= new Promise<void>(setImmediate).then(() => {
      this.#rest = undefined;
      this.#endsAt = performance.now() + sliceMs;
    });
    return this.#rest;
  }
}
