/** The steps of a plan as people are shown them: of a run that is over, what was under way is stopped. */
import type { PlanEntry, PlanPart, Run } from "./protocol";

/** `run`: that of the plan's message; a missing one is over. */
export function shownSteps({ entries }: PlanPart, run: Run | undefined): PlanEntry[] {
  return run === undefined || run.state === "settled" ? entries.map(stopped) : entries;
}

export function stopped(entry: PlanEntry): PlanEntry {
  return entry.state === "in_progress" ? { ...entry, state: "stopped" } : entry;
}

/** Neither done nor given up. */
export function isOpen({ state }: PlanEntry): boolean {
  return state !== "completed";
}

/** As a model is told of it, a line. */
export function stepLine({ text, state }: PlanEntry): string {
  const words = {
    pending: "to do",
    in_progress: "under way",
    completed: "done",
    stopped: "stopped",
  };
  return `- ${words[state]}: ${text}`;
}
