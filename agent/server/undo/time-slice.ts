/** A share of the event loop's time: long work rests at its end, so that a stop need not wait for it. */

const sliceMs = 8;

export class TimeSlice {
  #endsAt = performance.now() + sliceMs;
  #rest: Promise<void> | undefined;

  get isResting(): boolean {
    return this.#rest !== undefined;
  }

  get isOver(): boolean {
    return this.isResting || performance.now() >= this.#endsAt;
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
