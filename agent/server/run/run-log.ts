/** What an operator reads of runs in the log: names, causes and counts, and nothing that people or models wrote. */
import { roundedUsd } from "../../shared/cost";
import type {
  LimitReached,
  Limits,
  Message,
  Run,
  Session,
  UnpricedModel,
} from "../../shared/protocol";
import { log } from "../log";

/** One line for a settled run, and a warning when its stop left processes alive, or that could not be seen. */
export function logRunEnd(session: Session, run: Run): void {
  const { id: sessionId } = session;
  const { id: runId, outcome, stop, error, receipt, usage } = run;
  // Meanwhile another model may have been chosen for the next run.
  const isAnswer = (one: Message) => one.runId === runId && one.role === "assistant";
  const { provider, model } = session.messages.findLast(isAnswer) ?? session;
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
      proof: receipt?.proof,
      turns: receipt?.modelCalls,
      tokens: usage.inputTokens + usage.outputTokens,
      cachedTokens: usage.cacheReadTokens,
      costUsd: roundedUsd(usage.costUsd),
      unpricedTokens: usage.unpricedTokens,
      provider,
      model,
    },
    "Run ended",
  );
  const survivors = receipt?.survivors.map(({ pid, reason }) => ({ pid, reason })) ?? [];
  if (survivors.length > 0)
    log.warn({ sessionId, runId, survivors }, "Processes survived the stop of a run");
  if (receipt?.proof === "unseen")
    log.warn({ sessionId, runId }, "Whether a run has left a process could not be seen");
}

export function logLimit(
  { id: sessionId }: Session,
  runId: string,
  reached: LimitReached,
  atLimit: Limits["atLimit"],
): void {
  log.info({ sessionId, runId, ...reached, atLimit }, "Limit reached");
}

/** A limit in dollars does not know what this model costs. */
export function logUnpriced({ id: sessionId }: Session, runId: string, model: UnpricedModel): void {
  log.warn({ sessionId, runId, ...model }, "A limit in dollars counts tokens at a flat price");
}

/** A start settles each run that a crash cut. */
export function logSettledAfterCrash({ id: sessionId }: Session, { id: runId }: Run): void {
  log.warn({ sessionId, runId }, "A run cut by a crash was settled");
}

/** A start takes over each run that was paused. */
export function logTakenOver({ id: sessionId }: Session, { id: runId }: Run): void {
  log.info({ sessionId, runId }, "A paused run was taken over");
}
