/** Whether a run could begin at all: what all runs of the day may use. */
import type { Limits } from "../../shared/protocol";
import type { SessionRegistry } from "../session/session-registry";
import { compareLimits } from "./limit-rules";
import { newRun } from "./sending";
import { noTotals, totalsOfOthers } from "./usage-totals";

/** A limit of the day is reached: a run that began now would be halted before its first request. */
export function isDayUsedUp(limits: Limits, sessions: SessionRegistry): boolean {
  if (Object.keys(limits.day).length === 0) return false;
  const used = { run: noTotals, day: totalsOfOthers(sessions, "") };
  return compareLimits(limits, newRun(""), used).reached?.scope === "day";
}
