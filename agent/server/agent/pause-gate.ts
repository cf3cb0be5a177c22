/** The pause gate of a run: while it is closed, nothing new starts, and it reports when everything that ran has halted. */
import type { Stop } from "../../shared/protocol";
import { link, settledOrAborted } from "../abort";

/** One request to the model. The pause gate aborts its signal, not the run's. Dispose of it when the request is closed. */
export interface ModelCall extends Disposable {
  readonly signal: AbortSignal;
  /** Between two parts a pause cuts the request: then this is false, and the new part is left out. */
  beginPart(): boolean;
  /** It failed, and waits to be sent again: a pause cuts it at once. */
  endAnswer(): void;
}

/** Work that can be kept from running as it is, whatever it is doing. Both have no effect the second time. */
export interface Freezable {
  readonly isFrozen: boolean;
  freeze(): void;
  thaw(): void;
}

interface Cuttable {
  controller: AbortController;
  hasBegun: boolean;
}

interface Pause {
  reason: Stop;
  ended: Promise<void>;
  end(): void;
}

export class PauseGate {
  readonly #onHalt: () => void;
  readonly #calls = new Set<Cuttable>();
  readonly #freezables = new Set<Freezable>();
  /** How many loops and tool calls run; the run's own loop is the first. */
  #running = 1;
  #pause: Pause | undefined;

  /** `onHalt` is called when the last of what still ran behind the closed gate has halted. */
  constructor(onHalt: () => void) {
    this.#onHalt = onHalt;
  }

  get isClosed(): boolean {
    return this.#pause !== undefined;
  }

  /** Every loop and every tool call has halted at the gate, or waits for a person. */
  get isHalted(): boolean {
    return this.#pause !== undefined && this.#running === 0;
  }

  /**
   * From now on nothing passes. A request without an answer so far is cut at once, for nothing is lost by that; one that
   * is being answered ends with its part, or at once with `cut`. The reason of a cut is `reason`. With `cut` what can be
   * frozen is.
   */
  close(reason: Stop, cut: boolean): void {
    if (this.#pause === undefined) {
      const { promise: ended, resolve: end } = Promise.withResolvers<void>();
      this.#pause = { reason, ended, end };
    }
    for (const call of this.#calls)
      if (cut || !call.hasBegun) call.controller.abort(this.#pause.reason);
    if (cut) for (const work of this.#freezables) work.freeze();
  }

  open(): void {
    const pause = this.#pause;
    this.#pause = undefined;
    for (const work of this.#freezables) work.thaw();
    pause?.end();
  }

  /** Something runs that a pause with `cut` freezes. */
  get canFreeze(): boolean {
    return [...this.#freezables].some(({ isFrozen }) => !isFrozen);
  }

  /** A pause with `cut` freezes it, until this is disposed of. */
  freezable(work: Freezable): Disposable {
    this.#freezables.add(work);
    return {
      [Symbol.dispose]: () => {
        this.#freezables.delete(work);
        work.thaw();
      },
    };
  }

  /** A safe point: resolves when the gate is open, or when the signal has aborted. Without a timer. */
  async pass(signal: AbortSignal): Promise<void> {
    while (this.#pause !== undefined && !signal.aborted) {
      using _idle = this.idle();
      await this.opened(signal);
    }
  }

  /** The same, of something that counts as halted already. It may be closed again. */
  async opened(signal: AbortSignal): Promise<void> {
    if (this.#pause !== undefined) await settledOrAborted(this.#pause.ended, signal);
  }

  openModelCall(signal: AbortSignal): ModelCall {
    const linked = link(signal);
    const call: Cuttable = { controller: linked.controller, hasBegun: false };
    this.#calls.add(call);
    if (this.#pause !== undefined) call.controller.abort(this.#pause.reason);
    return {
      signal: call.controller.signal,
      beginPart: () => {
        if (this.#pause !== undefined) call.controller.abort(this.#pause.reason);
        call.hasBegun = true;
        return !call.controller.signal.aborted;
      },
      endAnswer: () => {
        if (this.#pause !== undefined) call.controller.abort(this.#pause.reason);
        call.hasBegun = false;
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
