/** What an engine waits for of Rein's: a pause counts it as halted for as long as it waits, and none of its requests is open. */
import type { Job } from "../processes/jobs";
import type { PauseGate } from "./pause-gate";

export class EngineHolds {
  readonly #gate: PauseGate;
  #waiting = 0;
  #open = 0;
  #idle: Disposable | undefined;

  constructor(gate: PauseGate) {
    this.#gate = gate;
  }

  /** It waits for something of Rein's, until this is disposed of. */
  idle(): Disposable {
    return this.#during((more) => (this.#waiting += more));
  }

  /** A request of it to a model is open, until this is disposed of. */
  request(): Disposable {
    return this.#during((more) => (this.#open += more));
  }

  /** A pause at once freezes the engine's job and counts it as halted, until this is disposed of. `onFreeze`: whether it is frozen. */
  freezable(job: Pick<Job, "freeze" | "thaw">, onFreeze: (isFrozen: boolean) => void): Disposable {
    let idle: Disposable | undefined;
    return this.#gate.freezable({
      freeze: () => {
        if (idle || !job.freeze()) return;
        onFreeze(true);
        idle = this.idle();
      },
      thaw: () => {
        if (idle === undefined) return;
        job.thaw();
        idle[Symbol.dispose]();
        idle = undefined;
        onFreeze(false);
      },
    });
  }

  /** Resolves when the run is not paused, or when the signal has aborted. */
  async pass(signal: AbortSignal): Promise<void> {
    while (this.#gate.isClosed && !signal.aborted) {
      using _idle = this.idle();
      await this.#gate.opened(signal);
    }
  }

  #during(count: (more: 1 | -1) => void): Disposable {
    count(1);
    this.#update();
    return {
      [Symbol.dispose]: () => {
        count(-1);
        this.#update();
      },
    };
  }

  #update(): void {
    const isIdle = this.#waiting > 0 && this.#open === 0;
    if (isIdle) this.#idle ??= this.#gate.idle();
    else {
      this.#idle?.[Symbol.dispose]();
      this.#idle = undefined;
    }
  }
}
