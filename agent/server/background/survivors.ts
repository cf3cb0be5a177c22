/** What a stop could not end: another try, and a receipt that says what came of it. */
import { findRun } from "../../shared/apply";
import type { Receipt } from "../../shared/protocol";
import type { LiveSession } from "../session/live-session";
import type { Job, Jobs } from "../processes/jobs";

/** Resolves with the receipt as it is then. Undefined when the run has none. A survivor that no job holds any more is dead. */
export async function endSurvivors(
  live: LiveSession,
  runId: string,
  jobs: Jobs,
): Promise<Receipt | undefined> {
  const { session } = live;
  const before = findRun(session, runId)?.receipt;
  if (before === undefined) return undefined;
  const pids = new Set(before.survivors.map(({ pid }) => pid));
  const holds = (job: Job) => pids.has(job.pid) || job.processes().some(({ pid }) => pids.has(pid));
  const held = jobs.list({ sessionId: session.id }).filter(holds);
  const ends = await Promise.all(held.map((job) => job.stop("hard")));
  const survivors = ends.flatMap((end) => end.survivors).filter(({ pid }) => pids.has(pid));
  const endedMs = Date.now() - (before.stop?.askedAt ?? Date.now());
  const ended = before.survivors
    .filter(({ pid }) => !survivors.some((one) => one.pid === pid))
    .map(({ pid, command }) => ({ pid, command, endedMs }));
  const receipt = { ...before, survivors, processes: [...before.processes, ...ended] };
  live.emit({ type: "run-receipt", runId, receipt: structuredClone(receipt) });
  return receipt;
}
