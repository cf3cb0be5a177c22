/** The pause gate of a run: while it holds, nothing new starts, and it reports when everything that ran has halted. */
import type { Stop } from "../../shared/protocol";
import { link, settledOrAborted } from "../abort";

/** One request to the model. The pause gate aborts its signal, not the run's. Dispose of it when the request is closed. */
export interface ModelCall extends Disposable {
  readonly signal: AbortSignal;
  /** Between two parts a pause cuts the request: then this is false, and the new part is left out. */
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
  /** How many loops and tool calls run; the run's own loop is the first. */
  #running = 1;
  #hold: Hold | undefined;

  /** `onHalt` is called when the last of what still ran under a hold has halted. */
  constructor(onHalt: () => void) {
    this.#onHalt = onHalt;
  }

  get isHeld(): boolean {
    return this.#hold !== undefined;
  }

  /** Every loop and every tool call has halted at the gate, or waits for a person. */
  get isHalted(): boolean {
    return this.#hold !== undefined && this.#running === 0;
  }

  /**
   * From now on nothing passes. A request without an answer so far is cut at once, for nothing is lost by that; one that
   * is being answered ends with its part, or at once with `cut`. The reason of a cut is `reason`.
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

  /** A safe point: resolves when the gate is open, or when the signal has aborted. Without a timer. */
  async pass(signal: AbortSignal): Promise<void> {
    while (this.#hold !== undefined && !signal.aborted) {
      using _idle = this.idle();
      await settledOrAborted(this.#hold.released, signal);
    }
  }

  openModelCall(signal: AbortSignal): ModelCall {
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
   * Runs tool calls side by side; they count in the place of the loop that waits for them. A pause lets them finish. Never
   * rejects.
   */
  async runCalls(calls: (() => Promise<void>)[]): Promise<void> {
    if (calls.length === 0) return;
    let open = calls.length;
    this.#running += open - 1;
    const run = async (call: () => Promise<void>) => {
      try {
        await call();
      } finally {
        if (--open > 0) this.#halt();
      }
    };
    await Promise.allSettled(calls.map(run));
  }

  /** A loop or call that waits counts as halted until this is disposed of. */
  idle(): Disposable {
    this.#halt();
    return { [Symbol.dispose]: () => void this.#running++ };
  }

  #halt(): void {
    this.#running--;
    if (this.isHalted) this.#onHalt();
  }
}
