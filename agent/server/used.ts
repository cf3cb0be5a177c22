/** What a run has used so far, and what all runs of the day have. */
import { findRun } from "../shared/apply";
import type { Limits, LimitValues, Run, Session } from "../shared/protocol";
import type { Sessions } from "./live";
import { messagesOfRun } from "./receipt";

export type Used = Record<keyof LimitValues, number>;

/** The day's is counted only where it is limited: it reads every session of today. */
export function usedNow(sessions: Sessions, limits: Limits, session: Session, runId: string) {
  const now = Date.now();
  const run = usedBy(session, findRun(session, runId)!, now);
  const isDayLimited = Object.keys(limits.day).length > 0;
  return { run, day: isDayLimited ? usedToday(sessions, now) : nothingUsed };
}

/** All runs that began today, of every session. */
function usedToday(sessions: Sessions, now: number): Used {
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  const today = sessions.list().filter(({ updatedAt }) => updatedAt >= midnight);
  return today
    .flatMap(({ id }) => sessions.get(id)?.session ?? [])
    .flatMap((session) =>
      session.runs
        .filter(({ startedAt }) => startedAt >= midnight)
        .map((run) => usedBy(session, run, now)),
    )
    .reduce(addUsed, nothingUsed);
}

/** Read from what is stored, so that it is the same after a restart. Time in which the run was held is not counted. */
function usedBy(session: Session, run: Run, now: number): Used {
  const heldMs = (run.heldMs ?? 0) + (run.pause ? now - run.pause.askedAt : 0);
  const asked = messagesOfRun(session, run.id).filter(
    ({ message }) => message.role === "assistant",
  );
  return {
    turns: asked.length,
    minutes: ((run.endedAt ?? now) - run.startedAt - heldMs) / 60_000,
    tokens: run.usage.inputTokens + run.usage.outputTokens,
    usd: run.usage.costUsd ?? 0,
  };
}

const nothingUsed: Used = { turns: 0, minutes: 0, tokens: 0, usd: 0 };

function addUsed(a: Used, b: Used): Used {
  return {
    turns: a.turns + b.turns,
    minutes: a.minutes + b.minutes,
    tokens: a.tokens + b.tokens,
    usd: a.usd + b.usd,
  };
}
