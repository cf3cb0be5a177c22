/** The pauses of one run: asked for by a person, by a limit, by a full disk or by a lost database; what it halts at, and how it goes on. */
import type { Pause, Run } from "../../shared/protocol";
import { findRun } from "../../shared/session-lookup";
import { PauseGate } from "../agent/pause-gate";
import type { LiveSession } from "../session/live-session";
import { extendLimit } from "./limit-rules";
import type { LimitWatch } from "./limit-watch";

/** Why Rein pauses runs by itself: nothing more can be held in memory, or nothing is shared with other machines. */
export type HoldReason = "unsaved" | "unshared";

export class RunPauses {
  readonly gate: PauseGate;
  readonly #live: LiveSession;
  readonly #runId: string;
  readonly #limits: LimitWatch;
  readonly #signal: AbortSignal;

  /** `signal`: the run's own. */
  constructor(live: LiveSession, runId: string, limits: LimitWatch, signal: AbortSignal) {
    this.#live = live;
    this.#runId = runId;
    this.#limits = limits;
    this.#signal = signal;
    this.gate = new PauseGate(() => {
      // What is frozen in the tick of the pause is shown with it.
      const shown = this.#run.pause;
      if (shown) this.#emit(shown);
    });
  }

  /** It was shown as paused. An approval that came since changes nothing: its call halts at the pause gate. */
  get isPaused(): boolean {
    return this.gate.isClosed && this.#run.pause?.state === "paused";
  }

  /** Pauses it at its next safe point. The first pause stays: any number of pauses are one. */
  pause(asked: Omit<Pause, "state">, cut: boolean): Pause {
    const { from, askedAt } = asked;
    this.#limits.clearTimers();
    this.gate.close({ by: "pause", from, askedAt }, cut);
    return this.#emit(this.#run.pause ?? asked);
  }

  /** Pauses it until `release`. When no more may be held in memory, what the model is writing is cut. A pause that there is stays. */
  hold(reason: HoldReason): void {
    if (this.gate.isClosed || this.#signal.aborted) return;
    this.pause({ from: "server", askedAt: Date.now(), [reason]: true }, reason === "unsaved");
  }

  /** Only what `hold` has paused for this reason. */
  release(reason: HoldReason): void {
    if (this.isHeld(reason)) this.resume(undefined);
  }

  isHeld(reason: HoldReason): boolean {
    return this.gate.isClosed && this.#run.pause?.[reason] === true;
  }

  /** Continues exactly where it halted; at a limit, `by` is how much more it may use. The pause does not count as its time. */
  resume(by: number | undefined): void {
    const run = this.#run;
    const heldMs = (run.heldMs ?? 0) + Date.now() - (run.pause?.askedAt ?? Date.now());
    const reached = run.pause?.reached;
    const agreed = reached && { agreed: extendLimit(run, reached, by) };
    this.#live.emit({ type: "run-pause", runId: this.#runId, heldMs, ...agreed });
    this.gate.open();
    this.#limits.check();
  }

  #emit(asked: Omit<Pause, "state">): Pause {
    const shown = this.#run.pause;
    if (shown?.state === "paused") return shown;
    const { atOnce: _, ...rest } = asked;
    const pause: Pause = this.gate.isHalted
      ? { ...rest, state: "paused" }
      : { ...rest, state: "pausing", ...(this.gate.canFreeze && { atOnce: true }) };
    if (shown?.state !== pause.state || shown.atOnce !== pause.atOnce)
      this.#live.emit({ type: "run-pause", runId: this.#runId, pause });
    return pause;
  }

  get #run(): Run {
    return findRun(this.#live.session, this.#runId)!;
  }
}
