/** What the faces say of a to-do list. */
import type { PlanEntry, TodoList } from "../../shared/protocol";
import { t } from "../../shared/translation";

/** "3 of 7 · writing tests": how far it is, and what is under way, was stopped, or comes next. */
export function todoLine({ entries }: Pick<TodoList, "entries">): string {
  const done = entries.filter(({ state }) => state === "completed").length;
  const rest = restWords(entries);
  const far = t("{done} of {all}", { done, all: entries.length });
  return rest === "" ? far : `${far} · ${rest}`;
}

function restWords(entries: readonly PlanEntry[]): string {
  const first = (wanted: PlanEntry["state"]) => entries.find(({ state }) => state === wanted)?.text;
  const now = first("in_progress");
  if (now !== undefined) return now;
  const stopped = first("stopped");
  if (stopped !== undefined) return t("stopped at: {step}", { step: stopped });
  const next = first("pending");
  return next === undefined ? t("done") : t("next: {step}", { step: next });
}
