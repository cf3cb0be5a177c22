/** What follows the end of a run: the hooks of the person. */
import type { HookRecord } from "../../shared/protocol";
import { findRun } from "../../shared/session-lookup";
import type { LiveSession } from "../session/live-session";
import type { RunEnd, RunParts } from "./run-types";

/** To be called in the tick of its end. A summary that a person asked for was no task, and has none. Never throws. */
export function startRunHooks(
  { runHooks, sessions }: Pick<RunParts, "runHooks" | "sessions">,
  { session }: LiveSession,
  runId: string,
  { outcome, receipt }: RunEnd,
): void {
  if (findRun(session, runId)?.sumsUp) return;
  const { id: sessionId, cwd, permissions } = session;
  const record = (hook: HookRecord) =>
    sessions.getReadable(sessionId)?.emit({ type: "run-hook", runId, hook });
  runHooks.start({ sessionId, runId, cwd, permissions, outcome, receipt, record });
}
