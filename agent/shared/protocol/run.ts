/** A run: one user message until settled; what holds it, and what waits for it. */
import type { Changes } from "./changes";
import type { LimitReached, LimitValues } from "./limits";
import type { ErrorInfo, Retry } from "./message";
import type { Receipt } from "./receipt";
import type { Outcome, Stop, StopFrom, StopPoint } from "./stop";
import type { Usage } from "./usage";

/** One user message until settled. */
export interface Run {
  id: string;
  /** It only sums up the conversation, and no message of a person belongs to it. */
  sumsUp?: true;
  state: RunState;
  startedAt: number;
  endedAt?: number;
  outcome?: Outcome;
  error?: ErrorInfo;
  stop?: Stop & { point: StopPoint };
  pause?: Pause;
  /** For how long it was held before, in milliseconds. */
  heldMs?: number;
  /** In the place of the server's own. */
  limits?: LimitValues;
  /** What a person has allowed besides. */
  more?: { run?: LimitValues; day?: LimitValues };
  /** The limit that is near. */
  near?: LimitReached;
  retry?: Retry;
  usage: Usage;
  receipt?: Receipt;
  /** Absent for runs of before this was recorded. */
  changes?: Changes;
}

/** waiting: one of its calls, or of its subagents' calls, waits for an approval. */
export type RunState = "running" | "waiting" | "stopping" | "settled";

/** A run that is held: nothing new starts in it until it is resumed. */
export interface Pause {
  /** pausing: something of it still moves (a part being written, a tool). paused: nothing does. */
  state: "pausing" | "paused";
  from: StopFrom;
  askedAt: number;
  /** A limit holds it, and a person decides: go on by so much, or stop. */
  reached?: LimitReached;
}

/** The answer of a pause or a resume. `held: false` means that nothing named so is held (any more). */
export type PauseAnswer = { held: true; pause: Pause } | { held: false; message: string };

/** A message that a person wrote while a run went on. */
export interface QueuedMessage {
  id: string;
  text: string;
  createdAt: number;
  /**
   * run: sent when the run is done. turn: given to this run's model before its next turn.
   * person: a stop or a failure came first; only a person sends it now.
   */
  waitsFor: "run" | "turn" | "person";
}
