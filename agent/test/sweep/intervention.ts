/** The type of an intervention: an action at any point of a conversation, and what must hold at the end. */
import type { Session } from "../../shared/protocol";
import type { Face } from "./faces";
import type { Observation, ScenarioRunner } from "./scenario-runner";

/** The faults at the end, as sentences; none when all is well. */
export type FinalCheck = (seen: Observation & { session: Session }) => string[] | Promise<string[]>;

export interface Intervention {
  name: string;
  /** What a closed connection does to the run; "continue" by default. */
  onDisconnect?: "stop";
  /** What sends the first message, over a socket. A process of its own takes longer to start than the conversation to run. */
  face?: { open: (runner: ScenarioRunner) => Face | Promise<Face>; isProcess: boolean };
  /** The server ends: a node of a cluster that starts again finds more than is on its disk. */
  endsServer?: true;
  /** Acts right after the event of the point. Resolves when the action is complete. */
  inject(runner: ScenarioRunner): Promise<FinalCheck>;
  /** Acts before the first message, and sends it itself. Without it the intervention has no such point. */
  injectBefore?(runner: ScenarioRunner): Promise<FinalCheck>;
}

/** The faults when every run should have ended by itself. */
export function allDone({ session }: { session: Session }): string[] {
  // An engine's turn can fail by itself: where that is no part of the scenario, it is a fault of every point.
  return session.runs.flatMap(({ outcome, stop }) =>
    unless(outcome !== "stopped", `a run without a stop ended ${outcome} by ${stop?.by}`),
  );
}

/** The faults when an action after the end of the run has changed it. */
export function unchangedIfLate(late: boolean, { runs }: Session): string[] {
  const { outcome, stop } = runs[0]!;
  return unless(
    !late || (outcome !== "stopped" && !stop),
    "an action after the end changed the run",
  );
}

export function unless(holds: boolean, fault: string): string[] {
  return holds ? [] : [fault];
}
