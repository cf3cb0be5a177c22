/** What a run has used so far, and what all runs of the day have used. */
import { addUsage, noUsage } from "../../shared/protocol";
import type { Message, Run, Session, Usage, UsageTotals } from "../../shared/protocol";
import { findRun } from "../../shared/session-lookup";
import type { SessionRegistry } from "../session/session-registry";
import { messagesOfRun } from "./run-messages";

export const noTotals: UsageTotals = { turns: 0, minutes: 0, tokens: 0, usd: 0, unpricedTokens: 0 };

/** `open`: what requests under way have cost so far; `others`: what the other runs of the day have used. */
export function currentTotals(
  session: Session,
  runId: string,
  open: Iterable<Usage>,
  others: UsageTotals,
) {
  const now = Date.now();
  const found = findRun(session, runId)!;
  const run = totalsOf(session, found, now, [...open].reduce(addUsage, noUsage));
  return { run, day: found.startedAt < midnightBefore(now) ? others : addTotals(others, run) };
}

/** Of the newest request that was counted: of the run with its subagents, else of the session. */
export function lastUsage(session: Session, runId: string): Usage {
  const own = messagesOfRun(session, runId).map(({ message }) => message);
  const isCounted = ({ usage }: Message) => (usage?.inputTokens ?? 0) > 0;
  const last = own.findLast(isCounted) ?? session.messages.findLast(isCounted);
  return last?.usage ?? noUsage;
}

/** All other runs that began today, of every session. */
export function totalsOfOthers(
  sessions: SessionRegistry,
  runId: string,
  now = Date.now(),
): UsageTotals {
  const totals = sessions.usage(midnightBefore(now), now, runId);
  // While nothing can be saved, the database is behind the memory.
  return sessions.storageError === undefined ? totals : readTotalsOfOthers(sessions, runId, now);
}

/** The same from the sessions themselves: it reads every session of the day. */
export function readTotalsOfOthers(
  sessions: SessionRegistry,
  runId: string,
  now: number,
): UsageTotals {
  const midnight = midnightBefore(now);
  const all = [...sessions.list(), ...sessions.deleted()];
  const today = all.filter(({ updatedAt }) => updatedAt >= midnight);
  return today
    .flatMap(({ id }) => sessions.getDeleted(id)?.session ?? [])
    .flatMap((session) =>
      session.runs
        .filter(({ id, startedAt, copied }) => id !== runId && startedAt >= midnight && !copied)
        .map((run) => totalsOf(session, run, now, noUsage)),
    )
    .reduce(addTotals, noTotals);
}

/** Counted from the session, so that it is the same after a restart. The time of pauses does not count. */
function totalsOf(session: Session, run: Run, now: number, open: Usage): UsageTotals {
  const heldMs = (run.heldMs ?? 0) + (run.pause ? now - run.pause.askedAt : 0);
  const turns = messagesOfRun(session, run.id).filter(
    ({ message }) => message.role === "assistant",
  );
  const { inputTokens, outputTokens, costUsd, unpricedTokens } = addUsage(run.usage, open);
  return {
    turns: turns.length,
    minutes: ((run.endedAt ?? now) - run.startedAt - heldMs) / 60_000,
    tokens: inputTokens + outputTokens,
    usd: costUsd ?? 0,
    unpricedTokens: unpricedTokens ?? 0,
  };
}

function midnightBefore(now: number): number {
  return new Date(now).setHours(0, 0, 0, 0);
}

function addTotals(a: UsageTotals, b: UsageTotals): UsageTotals {
  return {
    turns: a.turns + b.turns,
    minutes: a.minutes + b.minutes,
    tokens: a.tokens + b.tokens,
    usd: a.usd + b.usd,
    unpricedTokens: a.unpricedTokens + b.unpricedTokens,
  };
}
