/** Processes that a stop could not kill: another attempt, and a receipt with its result. */
import type { Receipt } from "../../shared/protocol";
import { findRun } from "../../shared/session-lookup";
import type { LiveSession } from "../session/live-session";
import type { Job, Jobs } from "../processes/jobs";

/** Resolves with the new receipt. Undefined when the run has none. A survivor that belongs to no open job is dead. */
export async function endSurvivors(
  live: LiveSession,
  runId: string,
  jobs: Jobs,
): Promise<Receipt | undefined> {
  const { session } = live;
  const before = findRun(session, runId)?.receipt;
  if (before === undefined) return undefined;
  const pids = new Set(before.survivors.map(({ pid }) => pid));
  const hasSurvivor = (job: Job) => before.survivors.some(({ pid }) => job.has(pid));
  const open = jobs.list({ sessionId: session.id }).filter(hasSurvivor);
  const ends = await Promise.all(open.map((job) => job.stop("hard")));
  const survivors = ends.flatMap((end) => end.survivors).filter(({ pid }) => pids.has(pid));
  const endedMs = Date.now() - (before.stop?.askedAt ?? Date.now());
  const ended = before.survivors
    .filter(({ pid }) => !survivors.some((one) => one.pid === pid))
    .map(({ pid, command }) => ({ pid, command, endedMs }));
  const receipt = { ...before, survivors, processes: [...before.processes, ...ended] };
  live.emit({ type: "run-receipt", runId, receipt });
  return receipt;
}
