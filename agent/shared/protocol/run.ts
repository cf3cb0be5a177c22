/** A run: one user message until settled; its pause, and the messages queued behind it. */
import type { Changes } from "./changes";
import type { LimitReached, LimitValues, UnpricedModel } from "./limits";
import type { CommandLine } from "./definition";
import type { HookRecord } from "./hook";
import type { ErrorInfo, FileRef, MessageCommand, Retry } from "./message";
import type { Receipt } from "./receipt";
import type { Outcome, Stop, StopFrom, StopPoint } from "./stop";
import type { Usage } from "./usage";

/** One user message until settled. */
export interface Run {
  id: string;
  /** The run before it in its branch, where that is not the one before it in the session; null: it is the first. */
  follows?: string | null;
  /** It ran in the session of which this one is a copy, or elsewhere: what it used is counted there. */
  copied?: true;
  /** It only sums up the conversation, and has no user message. */
  sumsUp?: true;
  /** Who has sent its message, where people have names; absent: a schedule, or an older version. */
  user?: string;
  /** Nobody is asked in it: what would be asked is denied. */
  unattended?: true;
  state: RunState;
  startedAt: number;
  endedAt?: number;
  outcome?: Outcome;
  error?: ErrorInfo;
  stop?: Stop & { point: StopPoint };
  pause?: Pause;
  /** The time of its earlier pauses, in milliseconds. */
  heldMs?: number;
  /** In the place of the server's own. */
  limits?: LimitValues;
  /** Up to where a person let it continue, where the limits are lower. */
  agreed?: { run?: LimitValues; day?: LimitValues };
  /** Models of the run that its limit in dollars counts at a flat price. */
  unpriced?: UnpricedModel[];
  /** The limit that is near. */
  near?: LimitReached;
  retry?: Retry;
  /** No byte of an answer has come since then (milliseconds since the epoch), for longer than the limits say. */
  stall?: { since: number };
  /** A request to a model waits since then for a free connection: so many are open that the server opens no more. */
  connecting?: { since: number };
  /** The session's engine is being started since then. */
  starting?: { since: number };
  usage: Usage;
  receipt?: Receipt;
  /** Those that ran after its end. */
  hooks?: HookRecord[];
  /** Absent for runs of older versions, which did not record it. */
  changes?: Changes;
}

/** waiting: one of its calls, or of its subagents' calls, waits for an approval. */
export type RunState = "running" | "waiting" | "stopping" | "settled";

/** A pause: nothing new starts in the run until it is resumed. */
export interface Pause {
  /** pausing: something still runs (a part being written, a tool). paused: nothing does. */
  state: "pausing" | "paused";
  from: StopFrom;
  askedAt: number;
  /** It was paused at this limit: a person decides to continue or to stop. */
  reached?: LimitReached;
  /** Rein paused it because no more can be held in memory; Rein resumes it when that has been saved. */
  unsaved?: true;
  /** Rein paused it because the database that several machines share is gone; Rein resumes it when that is back. */
  unshared?: true;
  /** While it is pausing: an engine goes on until its turn is over, and a second pause halts it as it is. */
  atOnce?: true;
}

/** The answer of a pause or a resume. `held: false` means that no run of that name is paused, or no longer. */
export type PauseAnswer = { held: true; pause: Pause } | { held: false; message: string };

/** A message that a person wrote during a run. */
export interface QueuedMessage {
  /** Also of its run, once it is sent by itself. */
  id: string;
  text: string;
  /** Of what it came, and the lines of it that are run when it is sent. */
  command?: MessageCommand;
  asks?: CommandLine[];
  files?: FileRef[];
  /** Of its run, in the place of the server's own. */
  limits?: LimitValues;
  /** Who has written it, or has changed or sent it last. */
  user?: string;
  createdAt: number;
  /**
   * run: sent when the run is done. turn: added to this run before its next turn.
   * person: the run was stopped or failed; only a person sends it now.
   */
  waitsFor: "run" | "turn" | "person";
}
