/** Checks the limits of one run: before each turn, while the model writes, when its minutes are over. */
import { addUsage, noUsage } from "../../shared/protocol";
import type {
  EventBody,
  LimitReached,
  Limits,
  Run,
  Usage,
  UsageTotals,
} from "../../shared/protocol";
import { longestTimerMs } from "../abort";
import { compareLimits, costs, minutesLeftMs, withMore } from "./limit-rules";
import { noTotals } from "./usage-totals";

export interface LimitWatchOptions {
  limits: () => Limits;
  run: () => Run;
  used: (open: Iterable<Usage>, others: UsageTotals) => { run: UsageTotals; day: UsageTotals };
  /** What the day's other runs have used. Expensive, so called before a turn and not while the model writes. */
  usedByOthers: () => UsageTotals;
  /** Of the newest request that is over. */
  last: () => Usage;
  onReached: (reached: LimitReached) => void;
  onNear: (near: LimitReached | undefined) => void;
}

export class LimitWatch {
  readonly #options: LimitWatchOptions;
  /** What messages under way have cost so far, by their id. */
  readonly #open = new Map<string, Usage>();
  #hasNewCost = false;
  #nextCheck: ReturnType<typeof setImmediate> | undefined;
  #others = noTotals;
  #minutes: Timer | undefined;
  #turns = 0;

  constructor(options: LimitWatchOptions) {
    this.#options = options;
  }

  /** Before each turn: false when a limit is reached. Then the run is paused or stopped, and this has to be called again. */
  beginTurn(): boolean {
    const mayBegin = this.check();
    // Counted at once: several subagents begin before the first message of one is there.
    if (mayBegin) this.#turns++;
    return mayBegin;
  }

  /** False when a limit is reached; the run is paused or stopped when this returns. */
  check(): boolean {
    const { limits, run, usedByOthers, onNear } = this.#options;
    const isDayLimited = Object.keys(limits().day).length > 0;
    this.#others = isDayLimited ? usedByOthers() : noTotals;
    const used = this.#used();
    used.run.turns = this.#turns = Math.max(this.#turns, used.run.turns);
    const { reached, near } = compareLimits(limits(), run(), used);
    if (reached !== undefined) {
      this.#reach(reached);
      return false;
    }
    const shown = run().near;
    if (near?.kind !== shown?.kind || near?.scope !== shown?.scope) onNear(near);
    this.#arm(minutesLeftMs(limits(), run(), used));
    return true;
  }

  /** Whether a limit in dollars applies. */
  get isInDollars(): boolean {
    const { limits, run } = this.#options;
    return { ...limits().day, ...limits().run, ...run().limits }.usd !== undefined;
  }

  /**
   * What a message under way has cost by now. It is compared with the limits at the next delta, or once all that came with
   * it has been read: perhaps its end, which nothing has to cut.
   */
  recordCost(messageId: string, cost: () => Usage): void {
    const { limits, run } = this.#options;
    const limited = { ...limits().day, ...limits().run, ...run().limits };
    if (costs.every((kind) => limited[kind] === undefined)) return;
    this.#open.set(messageId, cost());
    this.#hasNewCost = true;
    this.#nextCheck ??= setImmediate(() => {
      this.#nextCheck = undefined;
      if (this.#hasNewCost) this.#checkCosts();
    });
  }

  /** To be called with every event of the run. */
  recordProgress(event: EventBody): void {
    // From now on its cost is part of the run's usage.
    if (event.type === "message-end") this.#open.delete(event.messageId);
    if (event.type === "part-delta" && this.#hasNewCost) this.#checkCosts();
  }

  /** The run is paused or over. */
  clearTimers(): void {
    clearImmediate(this.#nextCheck);
    this.#nextCheck = undefined;
    clearTimeout(this.#minutes);
  }

  #checkCosts(): void {
    const { limits, run, onNear } = this.#options;
    this.#hasNewCost = false;
    const { reached, near } = compareLimits(limits(), run(), this.#used(), costs);
    if (reached !== undefined) this.#reach(reached);
    else if (near !== undefined && run().near === undefined) onNear(near);
  }

  #reach(reached: LimitReached): void {
    const { limits, run, last, onReached } = this.#options;
    // All that are cut are sent again.
    const open = [...this.#open.values()].reduce(addUsage, noUsage);
    const isOpen = open.inputTokens > 0;
    onReached(withMore(reached, limits(), run(), isOpen ? open : last()));
  }

  #used() {
    return this.#options.used(this.#open.values(), this.#others);
  }

  #arm(leftMs: number | undefined): void {
    this.clearTimers();
    if (leftMs !== undefined)
      this.#minutes = setTimeout(() => this.check(), Math.min(leftMs, longestTimerMs));
  }
}
