/** The reducer: the only code that turns events into a session's state, on the server and in every client. */
import { branchOf } from "./branches";
import { applyToMessages } from "./apply/message-events";
import { applyToParts } from "./apply/part-events";
import { applyToProcesses } from "./apply/process-events";
import { applyToRuns } from "./apply/run-events";
import { applyTodo } from "./apply/todo-events";
import { addUsage } from "./protocol";
import type { EarlierMessages, EventBody, Session, StreamEvent } from "./protocol";
import { findRun } from "./session-lookup";

/**
 * Changes `session` by one event, in place (so that it can be handed a Solid store's draft).
 * What is not about the session changes nothing.
 * An event that was applied before (by its `seq`) changes nothing; a `snapshot` replaces everything.
 * An event that names something missing changes only `seq`: a client that missed an event can still draw the session.
 */
export function apply(session: Session, event: StreamEvent): void {
  if (event.type === "storage-changed") return;
  if (event.type === "snapshot") {
    for (const key of Object.keys(session) as (keyof Session)[])
      if (!(key in event.session)) Reflect.deleteProperty(session, key);
    Object.assign(session, event.session);
    session.seq = event.seq;
    return;
  }
  if (event.seq <= session.seq) return;
  session.seq = event.seq;
  applyBody(session, event);
}

/** Puts earlier messages in front of those that a page has; changes nothing when they no longer fit there. */
export function applyEarlier(session: Session, page: EarlierMessages): void {
  if (branchOf(session)[0]?.id !== page.before) return;
  session.messages.unshift(...page.messages);
  const known = new Set(session.runs.map(({ id }) => id));
  session.runs.unshift(...page.runs.filter(({ id }) => !known.has(id)));
  if (page.forks) session.forks = [...page.forks, ...(session.forks ?? [])];
  if (page.earlier > 0) session.earlier = page.earlier;
  else delete session.earlier;
}

function applyBody(session: Session, event: Exclude<EventBody, { type: "snapshot" }>): void {
  switch (event.type) {
    case "session-update":
      for (const [key, value] of Object.entries(event.patch))
        if (value === null) Reflect.deleteProperty(session, key);
        else Object.assign(session, { [key]: value });
      session.updatedAt = event.at;
      return;
    case "session-title":
      return applyTitle(session, event);
    case "queue-change":
      session.queue = event.queue;
      return;
    case "todo-change":
      return applyTodo(session, event);
    case "run-start":
    case "branch-change":
    case "run-pause":
    case "run-near":
    case "run-stall":
    case "run-connecting":
    case "run-starting":
    case "run-unpriced":
    case "run-stopping":
    case "run-end":
    case "run-changes":
    case "run-receipt":
    case "run-hook":
    case "retry-start":
    case "retry-end":
      return applyToRuns(session, event);
    case "message-start":
    case "message-usage":
    case "message-end":
    case "history-refused":
    case "summary-undo":
    case "outputs-drop":
    case "part-start":
      return applyToMessages(session, event);
    case "process-start":
    case "process-update":
    case "process-end":
      return applyToProcesses(session, event);
    default:
      applyToParts(session, event);
  }
}

/** A person's title stays. What the title has cost counts with the run that it came after. */
function applyTitle(
  session: Session,
  { runId, title, usage }: Extract<EventBody, { type: "session-title" }>,
): void {
  if (title !== undefined && session.titledBy === undefined)
    Object.assign(session, { title, titledBy: "model" });
  session.usage = addUsage(session.usage, usage);
  const run = findRun(session, runId);
  if (run) run.usage = addUsage(run.usage, usage);
}
