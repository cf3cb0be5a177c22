/** A run that another machine has settled: how it takes the place of what this one has of it. */
import { defined } from "../../shared/defined";
import type { EventBody, Message, Run, Session } from "../../shared/protocol";
import { findMessage } from "../../shared/session-lookup";

/** The runs and messages of a session with this run in the place of its own; undefined where it has none of that id. */
export function withRun(
  { runs, messages }: Session,
  run: Run,
  own: Message[],
): Pick<Session, "runs" | "messages"> | undefined {
  const index = runs.findLastIndex(({ id }) => id === run.id);
  if (index === -1) return undefined;
  const first = messages.findIndex(({ runId }) => runId === run.id);
  const place = first === -1 ? messages.length : first;
  const others = messages.slice(place).filter(({ runId }) => runId !== run.id);
  return {
    runs: runs.with(index, run),
    messages: [...messages.slice(0, place), ...own, ...others],
  };
}

/** The run that an event is of; undefined for one of the whole session. */
export function runOfEvent(session: Session, body: EventBody): string | undefined {
  if ("runId" in body) return body.runId;
  if (body.type === "message-start") return body.message.runId;
  return "messageId" in body ? findMessage(session, body)?.runId : undefined;
}

/** The event that would have told its end. */
export function endOf(run: Run): Extract<EventBody, { type: "run-end" }> {
  const { id: runId, endedAt: at = Date.now(), outcome = "stopped", usage } = run;
  const { error, receipt, changes } = run;
  return { type: "run-end", runId, at, outcome, usage, ...defined({ error, receipt, changes }) };
}
