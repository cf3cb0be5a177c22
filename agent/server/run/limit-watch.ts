/** Looks after one run's limits while it moves: before each turn, while the model writes, when its minutes are over, when nothing happens. */
import type { EventBody, LimitReached, Limits, Run, Usage } from "../../shared/protocol";
import { compare, costs, minutesLeftMs } from "./limit-rules";
import { noTotals, type UsageTotals } from "./usage-totals";

export interface LimitWatchOptions {
  limits: () => Limits;
  run: () => Run;
  used: (open: Iterable<Usage>, others: UsageTotals) => { run: UsageTotals; day: UsageTotals };
  /** What the day's other runs have used: dear, so it is asked for before a turn and not while the model writes. */
  usedByOthers: () => UsageTotals;
  onReached: (reached: LimitReached) => void;
  onNear: (near: LimitReached | undefined) => void;
}

export class LimitWatch {
  readonly #options: LimitWatchOptions;
  /** What the messages have cost that are not closed yet. */
  readonly #open = new Map<string, Usage>();
  #hasSpent = false;
  #others = noTotals;
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
    const { limits, run, usedByOthers, onReached, onNear } = this.#options;
    const isDayLimited = Object.keys(limits().day).length > 0;
    this.#others = isDayLimited ? usedByOthers() : noTotals;
    const used = this.#used();
    used.run.turns = this.#turns = Math.max(this.#turns, used.run.turns);
    const { reached, near } = compare(limits(), run(), used);
    if (reached !== undefined) {
      onReached(reached);
      return false;
    }
    const shown = run().near;
    if (near?.kind !== shown?.kind || near?.scope !== shown?.scope) onNear(near);
    this.#arm(minutesLeftMs(limits(), run(), used));
    return true;
  }

  /** A message that is being written has cost so much by now. It counts when more is written. */
  spend(messageId: string, cost: () => Usage): void {
    const { limits, run } = this.#options;
    const limited = { ...limits().day, ...limits().run, ...run().limits };
    if (costs.every((kind) => limited[kind] === undefined)) return;
    this.#open.set(messageId, cost());
    this.#hasSpent = true;
  }

  /** Something has happened in the run. */
  moved(event: EventBody): void {
    this.#movedAt = Date.now();
    // Its cost is in the run now.
    if (event.type === "message-end") this.#open.delete(event.messageId);
    if (event.type === "part-delta" && this.#hasSpent) this.#checkCosts();
  }

  /** Held or over: no timer is left. */
  rest(): void {
    clearTimeout(this.#minutes);
    clearTimeout(this.#stall);
  }

  #checkCosts(): void {
    const { limits, run, onReached, onNear } = this.#options;
    this.#hasSpent = false;
    const { reached, near } = compare(limits(), run(), this.#used(), costs);
    if (reached !== undefined) onReached(reached);
    else if (near !== undefined && run().near === undefined) onNear(near);
  }

  #used() {
    return this.#options.used(this.#open.values(), this.#others);
  }

  #arm(leftMs: number | undefined): void {
    this.rest();
    if (leftMs !== undefined)
      this.#minutes = setTimeout(() => this.check(), Math.min(leftMs, maxMs));
    this.#movedAt = Date.now();
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
