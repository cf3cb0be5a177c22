/** Looks after one run's limits while it moves: before each turn, when its minutes are over, when nothing happens. */
import type { LimitReached, Limits, Run } from "../shared/protocol";
import { compare, minutesLeftMs } from "./limits";
import type { Used } from "./used";

export interface LimitWatchOptions {
  limits: () => Limits;
  run: () => Run;
  used: () => { run: Used; day: Used };
  onReached: (reached: LimitReached) => void;
  onNear: (near: LimitReached | undefined) => void;
}

export class LimitWatch {
  readonly #options: LimitWatchOptions;
  #minutes: Timer | undefined;
  #stall: Timer | undefined;
  #movedAt = Date.now();
  #turns = 0;

  constructor(options: LimitWatchOptions) {
    this.#options = options;
  }

  /** Before each turn: false when a limit is reached. Then the run is held, or stopped, and it has to be asked again. */
  beginTurn(): boolean {
    const mayBegin = this.check();
    // Counted at once: several subagents begin before the first of them is seen to.
    if (mayBegin) this.#turns++;
    return mayBegin;
  }

  /** False when a limit is reached; what is to be done about it has been done when this returns. */
  check(): boolean {
    const { limits, run, used } = this.#options;
    const current = used();
    this.#turns = Math.max(this.#turns, current.run.turns);
    current.run.turns = this.#turns;
    const { reached, near } = compare(limits(), run(), current);
    if (reached !== undefined) {
      this.#options.onReached(reached);
      return false;
    }
    const shown = run().near;
    if (near?.kind !== shown?.kind || near?.scope !== shown?.scope) this.#options.onNear(near);
    this.#arm(minutesLeftMs(limits(), run(), current));
    return true;
  }

  /** Something has happened in the run. */
  moved(): void {
    this.#movedAt = Date.now();
  }

  /** Held or over: no timer is left. */
  rest(): void {
    clearTimeout(this.#minutes);
    clearTimeout(this.#stall);
  }

  #arm(leftMs: number | undefined): void {
    this.rest();
    if (leftMs !== undefined)
      this.#minutes = setTimeout(() => this.check(), Math.min(leftMs, maxMs));
    this.moved();
    this.#armStall();
  }

  #armStall(): void {
    const { stallMinutes } = this.#options.limits();
    if (stallMinutes === undefined) return;
    const quietMs = Date.now() - this.#movedAt;
    const leftMs = stallMinutes * 60_000 - quietMs;
    if (leftMs > 0) this.#stall = setTimeout(() => this.#armStall(), Math.min(leftMs, maxMs));
    // Who waits for a person makes no progress, and that is nobody's fault.
    else if (this.#options.run().state === "waiting") this.#arm(undefined);
    else
      this.#options.onReached({
        scope: "run",
        kind: "stall",
        used: quietMs / 60_000,
        of: stallMinutes,
      });
  }
}

/** A timer can wait no longer. */
const maxMs = 2 ** 31 - 1;
