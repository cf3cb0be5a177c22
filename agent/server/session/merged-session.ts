/**
 * A session of which the shared database has what this machine's file has not: its disk was lost, or put back from an older
 * copy. What the database has wins; what only the file has stays beside it, as a branch.
 */
import { parentOf } from "../../shared/branches";
import type { Message, Run, Session } from "../../shared/protocol";
import { findRun } from "../../shared/session-lookup";
import { withRun } from "./replaced-run";

/** Whether the database has a run, an end of a run, or a message of a run that goes on, which the file has not. */
export function isBehind(own: Session, stored: Session): boolean {
  return stored.runs.some((run) => {
    const here = findRun(own, run.id);
    if (here === undefined) return true;
    return here.state !== "settled" && isFurther(own, stored, run);
  });
}

/** The session as the database has it, with the runs that only this machine has. Their objects stay the same. */
export function mergedSession(own: Session, stored: Session): Session {
  let merged: Session = { ...stored, seq: own.seq };
  for (const run of own.runs) {
    const there = findRun(stored, run.id);
    if (there === undefined) merged = withOwnRun(merged, own, run);
    else if (!isTaken(own, stored, run, there))
      merged = { ...merged, ...withRun(merged, run, messagesOfRun(own, run)) };
  }
  const waiting = own.queue.filter(({ id }) => !stored.queue.some((one) => one.id === id));
  return { ...merged, queue: [...stored.queue, ...waiting] };
}

function isTaken(own: Session, stored: Session, here: Run, there: Run): boolean {
  return here.state === "settled" ? there.state === "settled" : isFurther(own, stored, there);
}

/** Of a run that has not settled here. */
function isFurther(own: Session, stored: Session, there: Run): boolean {
  if (there.state === "settled") return true;
  const known = idsOf(messagesOfRun(own, there));
  return [...idsOf(messagesOfRun(stored, there))].some((id) => !known.has(id));
}

/** The person at this machine saw it last: it is what is shown. */
function withOwnRun(merged: Session, own: Session, run: Run): Session {
  const follows = parentOf(own, run.id);
  const isThere = follows !== undefined && findRun(merged, follows) !== undefined;
  run.follows = isThere ? follows : null;
  return {
    ...merged,
    runs: [...merged.runs, run],
    messages: [...merged.messages, ...messagesOfRun(own, run)],
    tip: run.id,
  };
}

function messagesOfRun({ messages }: Session, { id }: Run): Message[] {
  return messages.filter(({ runId }) => runId === id);
}

function idsOf(messages: Message[]): Set<string> {
  return new Set(messages.flatMap(({ id, parts }) => [id, ...parts.map((part) => part.id)]));
}
