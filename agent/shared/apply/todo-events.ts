/** What happens to a session's to-do list: it is written anew, what was under way when a run ends is stopped, and a list that is done goes. */
import type { EventBody, Session } from "../protocol";
import { findRun } from "../session-lookup";
import { stopped } from "../shown-steps";

/** Of the reducer: only `apply` calls it. A list that comes after the end of its run has nothing under way. */
export function applyTodo(
  session: Session,
  { runId, entries, at }: Extract<EventBody, { type: "todo-change" }>,
): void {
  const run = findRun(session, runId);
  const isOver = run === undefined || run.state === "settled";
  if (entries.length === 0) delete session.todo;
  else session.todo = { runId, entries: isOver ? entries.map(stopped) : entries, updatedAt: at };
}

/** Nothing runs any more: what was under way is stopped. */
export function stopTodo(session: Session): void {
  if (session.todo !== undefined) session.todo.entries = session.todo.entries.map(stopped);
}

/** A run begins: a list of which all is completed was for what came before. */
export function dropDoneTodo(session: Session): void {
  if (session.todo?.entries.every(({ state }) => state === "completed")) delete session.todo;
}
