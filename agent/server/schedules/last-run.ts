/** What became of the last run of a schedule under an earlier server. */
import { defined } from "../../shared/defined";
import type { Schedule } from "../../shared/protocol";
import { findRun } from "../../shared/session-lookup";
import type { SessionRegistry } from "../session/session-registry";
import type { Claim, StoredSchedule } from "./schedules-file";

/**
 * What was claimed and has begun is its last run, of which the end is told too. Undefined when it was claimed and never
 * began: the session in which it would have is removed, when nothing was said there.
 */
export function withLastRun(
  before: StoredSchedule,
  sessions: Pick<SessionRegistry, "getReadable" | "remove">,
): StoredSchedule | undefined {
  const { claimed, ...stored } = before;
  const last = claimed === undefined ? stored.last : { ...claimed };
  const session = last && sessions.getReadable(last.sessionId)?.session;
  const run = session && findRun(session, last.runId);
  if (claimed !== undefined && run === undefined) {
    if (session?.messages.length === 0) sessions.remove(session.id);
    return undefined;
  }
  if (last === undefined || last.outcome !== undefined) return before;
  // One that no session has any more does not run.
  const outcome = run === undefined ? "failed" : run.outcome;
  return { ...stored, last: { ...last, ...defined({ outcome }) } };
}

/** The last run that a claim has become, with its end where it has ended already: a short one may have by then. */
export function begunRun(
  claimed: Claim,
  sessions: Pick<SessionRegistry, "getReadable">,
): NonNullable<Schedule["last"]> {
  const session = sessions.getReadable(claimed.sessionId)?.session;
  const outcome = session && findRun(session, claimed.runId)?.outcome;
  return { ...claimed, ...defined({ outcome }) };
}
