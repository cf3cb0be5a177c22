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
  /** Absent when it is paused, or there is no further time. */
  nextAt?: number;
  last?: { at: number; sessionId: string; runId: string; outcome?: Outcome };
  /** The last time that passed without a run, and why: the server was down, its last run still ran, or a bound was reached. */
  skipped?: { at: number; because: "down" | "running" | "full" | "limit" };
}

/** `GET /api/schedules`. */
export interface SchedulesAnswer {
  schedules: Schedule[];
}
