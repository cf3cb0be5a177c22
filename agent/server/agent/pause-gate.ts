/** What holds a run: nothing new starts in it until it is released, and what still moves is seen to halt. */
import type { Stop } from "../../shared/protocol";
import { link, settledOrAborted } from "../abort";

/** One request to the model. A pause gate aborts its signal; the run's own stays as it is. Disposing of it says that it is closed. */
export interface ModelCall extends Disposable {
  readonly signal: AbortSignal;
  /** Between two parts a held request is cut: then this is false, and the part that would begin is left out. */
  beginPart(): boolean;
}

interface Cuttable {
  controller: AbortController;
  hasBegun: boolean;
}

interface Hold {
  reason: Stop;
  released: Promise<void>;
  release(): void;
}

export class PauseGate {
  readonly #onHalt: () => void;
  readonly #calls = new Set<Cuttable>();
  /** The run's own loop is the first. */
  #moving = 1;
  #hold: Hold | undefined;

  /** `onHalt` is called when the last thing that moved in a held run has come to rest. */
  constructor(onHalt: () => void) {
    this.#onHalt = onHalt;
  }

  get isHeld(): boolean {
    return this.#hold !== undefined;
  }

  /** Held, and nothing moves: every loop and every tool call rests at the pause gate, or waits for a person. */
  get isHalted(): boolean {
    return this.#hold !== undefined && this.#moving === 0;
  }

  /**
   * From now on nothing passes. A request in which nothing was written is cut at once, for nothing is lost by that;
   * one that is writing ends with its part, or at once with `cut`. What was cut gets `reason`.
   */
  hold(reason: Stop, cut: boolean): void {
    if (this.#hold === undefined) {
      const { promise: released, resolve: release } = Promise.withResolvers<void>();
      this.#hold = { reason, released, release };
    }
    for (const call of this.#calls)
      if (cut || !call.hasBegun) call.controller.abort(this.#hold.reason);
  }

  release(): void {
    const hold = this.#hold;
    this.#hold = undefined;
    hold?.release();
  }

  /** A safe point of what moves: resolves when nothing holds the run, or when the signal has aborted. Without a timer. */
  async pass(signal: AbortSignal): Promise<void> {
    while (this.#hold !== undefined && !signal.aborted) {
      using _resting = this.rest();
      await settledOrAborted(this.#hold.released, signal);
    }
  }

  openModel(signal: AbortSignal): ModelCall {
    const linked = link(signal);
    const call: Cuttable = { controller: linked.controller, hasBegun: false };
    this.#calls.add(call);
    if (this.#hold !== undefined) call.controller.abort(this.#hold.reason);
    return {
      signal: call.controller.signal,
      beginPart: () => {
        if (this.#hold !== undefined) call.controller.abort(this.#hold.reason);
        call.hasBegun = true;
        return !call.controller.signal.aborted;
      },
      [Symbol.dispose]: () => {
        this.#calls.delete(call);
        linked[Symbol.dispose]();
      },
    };
  }

  /**
   * Tool calls side by side, in the place of the loop that asks for them: each of them moves until it has ended, and the
   * last one hands its place back. A pause lets them come to their ends.
   */
  async move(calls: (() => Promise<void>)[]): Promise<void> {
    if (calls.length === 0) return;
    let open = calls.length;
    this.#moving += open - 1;
    const run = async (call: () => Promise<void>) => {
      try {
        await call();
      } finally {
        if (--open > 0) this.#halt();
      }
    };
    await Promise.allSettled(calls.map(run));
  }

  /** What moves does not until this is disposed of: it waits for a person. */
  rest(): Disposable {
    this.#halt();
    return { [Symbol.dispose]: () => void this.#moving++ };
  }

  #halt(): void {
    this.#moving--;
    if (this.isHalted) this.#onHalt();
  }
}
