/** Schedules: a message that is sent at a time, or again and again, while the server runs. Times in milliseconds since the epoch. */
import type { CommandCall } from "./definition";
import type { LimitValues } from "./limits";
import type { ModelOptions } from "./models";
import type { Permissions } from "./session";
import type { Outcome } from "./stop";

/** `cron`: five fields, or a name such as `@daily`. */
export type ScheduleTime =
  | { cron: string; timeZone: string }
  | { everyMinutes: number }
  | { at: number };

/**
 * Why a time passed without a run. down: the server, or its machine, did not run. running: its last run still ran. full:
 * nothing can be saved. limit: a limit of the day is reached. failed: its run could not begin.
 */
export const skipReasons = ["down", "running", "full", "limit", "failed"] as const;

export interface Schedule {
  id: string;
  name: string;
  cwd: string;
  /** One of the two is sent. */
  message?: string;
  command?: CommandCall;
  /** Absent: those of new sessions. */
  provider?: string;
  model?: string;
  options?: ModelOptions;
  engine?: string;
  /** Nobody is asked: what would be asked is denied. */
  permissions: Permissions;
  limits: LimitValues;
  when: ScheduleTime;
  /** What happens about times at which the server did not run: nothing, or one run. */
  missed: "skip" | "once";
  isOn: boolean;
  /** Who has made it, or changed it last, where the server has names for people: it is off when they are removed. */
  user?: string;
  /** Absent when it is paused, or there is no further time. */
  nextAt?: number;
  last?: { at: number; sessionId: string; runId: string; outcome?: Outcome };
  /** The last time that passed without a run of its own, and why. `message`: of what failed, for people. */
  skipped?: { at: number; because: (typeof skipReasons)[number]; message?: string };
}

/** `GET /api/schedules`. */
export interface SchedulesAnswer {
  schedules: Schedule[];
}
