/** What a kind is: something that can be done to a conversation in any moment of it, and what must hold in the end. */
import type { Session } from "../../shared/protocol";
import type { Played, Stage } from "./scenario-runner";

/** What is wrong in the end. */
export type Verdict = (seen: Played & { session: Session }) => string[] | Promise<string[]>;

export interface Kind {
  name: string;
  /** What becomes of the run when its client hangs up; "continue" unless it is said. */
  onDisconnect?: "stop";
  /** Resolves when everything has been done that it does. */
  act(stage: Stage): Promise<Verdict>;
  /** The same before the message is sent, and around that. */
  before?(stage: Stage): Promise<Verdict>;
}

/** Nobody has stopped any of its runs. */
export function allDone({ session }: { session: Session }): string[] {
  return session.runs.flatMap(({ outcome, stop }) =>
    unless(outcome === "done", `a run that nobody stopped ended ${outcome} by ${stop?.by}`),
  );
}

/** Whatever comes after the end changes nothing of it. */
export function ifLate(late: boolean, { runs }: Session): string[] {
  const { outcome, stop } = runs[0]!;
  return unless(!late || (outcome === "done" && !stop), "what came late was not harmless");
}

export function unless(holds: boolean, fault: string): string[] {
  return holds ? [] : [fault];
}
