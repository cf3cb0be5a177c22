/** What an operator reads of runs in the log: names, causes and counts, and nothing that people or models wrote. */
import type { LimitReached, Limits, Run, Session } from "../../shared/protocol";
import { log } from "../log";

/** One line for a settled run, and a warning when its stop left processes alive. */
export function logRunEnd(session: Session, run: Run): void {
  const { id: sessionId, provider, model } = session;
  const { id: runId, outcome, stop, error, receipt, usage } = run;
  log.info(
    {
      sessionId,
      runId,
      outcome,
      by: stop?.by,
      point: stop?.point,
      code: error?.code,
      ms: (run.endedAt ?? Date.now()) - run.startedAt,
      settledMs: stop && receipt?.settledMs,
      turns: receipt?.modelCalls,
      tokens: usage.inputTokens + usage.outputTokens,
      provider,
      model,
    },
    "Run ended",
  );
  const survivors = receipt?.survivors.map(({ pid, reason }) => ({ pid, reason })) ?? [];
  if (survivors.length > 0)
    log.warn({ sessionId, runId, survivors }, "Processes survived the stop of a run");
}

export function logLimit(
  { id: sessionId }: Session,
  runId: string,
  reached: LimitReached,
  atLimit: Limits["atLimit"],
): void {
  log.info({ sessionId, runId, ...reached, atLimit }, "Limit reached");
}

/** After a start: runs that a crash cut and that are settled now, and runs that are still paused. */
export function logRecovery(settled: number, paused: number): void {
  if (settled > 0) log.warn({ settled, paused }, "Runs cut by a crash were settled");
  else if (paused > 0) log.info({ paused }, "Paused runs were taken over");
}
