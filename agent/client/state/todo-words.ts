/** What the faces say of a to-do list. */
import type { PlanEntry, TodoList } from "../../shared/protocol";

/** "3 of 7 · writing tests": how far it is, and what is under way, was stopped, or comes next. */
export function todoLine({ entries }: Pick<TodoList, "entries">): string {
  const done = entries.filter(({ state }) => state === "completed").length;
  const rest = restWords(entries);
  return `${done} of ${entries.length}${rest === "" ? "" : ` · ${rest}`}`;
}

function restWords(entries: readonly PlanEntry[]): string {
  const first = (wanted: PlanEntry["state"]) => entries.find(({ state }) => state === wanted)?.text;
  const now = first("in_progress");
  if (now !== undefined) return now;
  const stopped = first("stopped");
  if (stopped !== undefined) return `stopped at: ${stopped}`;
  const next = first("pending");
  return next === undefined ? "done" : `next: ${next}`;
}
