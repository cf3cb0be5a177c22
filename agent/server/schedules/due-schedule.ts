/** Whether the time of a schedule has come, is long past, or is wrong since the clock was set. */
import { defined } from "../../shared/defined";
import { nextTime } from "./next-time";
import type { StoredSchedule } from "./schedules-file";

/** A time that is further past than this was missed: the server or its machine did not run. */
const lateMs = 5 * 60_000;

/** `at`: the time that has come or was missed; of `moved`, the one that takes its place. */
export interface Due {
  is: "now" | "missed" | "moved";
  at: number;
}

/** Undefined while its time is still to come, or there is none. */
export function dueAt({ nextAt, when }: StoredSchedule, now: number): Due | undefined {
  if (nextAt === undefined) return undefined;
  if (nextAt <= now) return { is: now - nextAt > lateMs ? "missed" : "now", at: nextAt };
  if ("at" in when) return undefined;
  // Where the clock was put back by more than a correction, what was one time ahead is far away.
  const soonest = nextTime(when, now + lateMs);
  return soonest !== undefined && nextAt > soonest ? { is: "moved", at: soonest } : undefined;
}

/** The same with its next time: after now, and after `at`. */
export function advanced(
  { nextAt: _past, ...stored }: StoredSchedule,
  now: number,
  at: number,
): StoredSchedule {
  if (!stored.isOn) return stored;
  return { ...stored, ...defined({ nextAt: nextTime(stored.when, Math.max(now, at), at) }) };
}
