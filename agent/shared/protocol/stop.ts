/** Outcomes and stops, and their text. Types, schemas and filters come from the lists here. */

/** How anything that was started ended. A stop is never an error. */
export type Outcome = "done" | "failed" | "stopped";

export function isOutcome(state: string): state is Outcome {
  return state === "done" || state === "failed" || state === "stopped";
}

/** What can stop a run. */
export const stopCauses = ["user", "disconnect", "timeout", "budget", "shutdown", "crash"] as const;

/** "pause" cuts a model's answer and never a run: the run continues the answer later. */
export type StopBy = (typeof stopCauses)[number] | "pause";

/** What a client may call itself; what says nothing is "api". */
export const stopClients = ["web", "terminal", "editor", "api"] as const;

export type StopClient = (typeof stopClients)[number];
export type StopFrom = StopClient | "server";

/** Where a run can be when the stop comes. */
export const stopPoints = [
  "start",
  "model",
  "reasoning",
  "text",
  "tool-input",
  "approval",
  "tool",
  "subagent",
  "summary",
  "retry",
  "pause",
] as const;

export type StopPoint = (typeof stopPoints)[number];

/** What stopped it, from where, and when (milliseconds since the epoch). It is also the `reason` of the aborted signal. */
export interface Stop {
  by: StopBy;
  from: StopFrom;
  /** Who asked for it, where the server has names for people. */
  user?: string;
  askedAt: number;
}

/** The text of an interruption: on screen, in an export, and for the model. */
export function interruptionText(by: StopBy): string {
  return interruptionTexts[by];
}

const interruptionTexts: Record<StopBy, string> = {
  user: "[interrupted by user]",
  disconnect: "[interrupted: connection lost]",
  timeout: "[interrupted: time limit reached]",
  budget: "[interrupted: budget reached]",
  shutdown: "[interrupted: server stopped]",
  crash: "[interrupted: server crashed]",
  pause: "[paused]",
};
