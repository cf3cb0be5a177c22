/** The to-do list of a session, and the steps of a plan. */

/** stopped: it was under way when its run ended. */
export const planStates = ["pending", "in_progress", "completed", "stopped"] as const;

export interface PlanEntry {
  text: string;
  state: (typeof planStates)[number];
}

/** What the session's agent means to do, as it said last. A subagent has none. */
export interface TodoList {
  /** The run in which it was written last. */
  runId: string;
  entries: PlanEntry[];
  updatedAt: number;
}
