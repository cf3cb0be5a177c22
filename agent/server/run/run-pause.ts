/** How a held run looks: its pause is an event as soon as it is asked for, and another when nothing moves any more. */
import { findRun } from "../../shared/apply";
import type { Limits, Pause } from "../../shared/protocol";
import type { PauseGate } from "../agent/pause-gate";
import { extended } from "./limit-rules";
import type { LimitWatch } from "./limit-watch";
import type { LiveSession } from "../session/live-session";

export interface Holdable {
  id: string;
  pauseGate: PauseGate;
  limits: LimitWatch;
}

/** Who asked first stays: any number of pauses are one. */
export function hold(
  live: LiveSession,
  run: Holdable,
  asked: Omit<Pause, "state">,
  cut: boolean,
): Pause {
  const { from, askedAt } = asked;
  run.limits.rest();
  run.pauseGate.hold({ by: "pause", from, askedAt }, cut);
  return showPause(live, run, findRun(live.session, run.id)?.pause ?? asked);
}

export function showPause(
  live: LiveSession,
  { id: runId, pauseGate }: Pick<Holdable, "id" | "pauseGate">,
  asked: Omit<Pause, "state">,
): Pause {
  const shown = findRun(live.session, runId)?.pause;
  if (shown?.state === "paused") return shown;
  const pause: Pause = { ...asked, state: pauseGate.isHalted ? "paused" : "pausing" };
  if (shown?.state !== pause.state) live.emit({ type: "run-pause", runId, pause });
  return pause;
}

/** Goes on exactly where it halted; what a limit holds, by so much more. The time in which it was held does not count. */
export function release(
  live: LiveSession,
  { id: runId, pauseGate, limits }: Holdable,
  allowed: Limits,
  by: number | undefined,
): void {
  const run = findRun(live.session, runId)!;
  const heldMs = (run.heldMs ?? 0) + Date.now() - (run.pause?.askedAt ?? Date.now());
  const reached = run.pause?.reached;
  const more = reached && { more: extended(run, allowed, reached, by) };
  live.emit({ type: "run-pause", runId, heldMs, ...more });
  pauseGate.release();
  limits.check();
}
