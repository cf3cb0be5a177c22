/** The routes of schedules, as functions. */
import type { Schedule, SchedulesAnswer } from "../shared/protocol";
import type { SchedulePatchRequest, ScheduleRequest } from "../shared/requests";
import { path } from "./path";
import type { Transport } from "./transport";

export function createScheduleCalls({ call }: Pick<Transport, "call">) {
  return {
    schedules: (signal: AbortSignal) =>
      call<SchedulesAnswer>("GET", "/api/schedules", undefined, signal),
    addSchedule: (request: ScheduleRequest, signal: AbortSignal) =>
      call<Schedule>("POST", "/api/schedules", request, signal),
    changeSchedule: (id: string, request: SchedulePatchRequest, signal: AbortSignal) =>
      call<Schedule>("PATCH", path`/api/schedules/${id}`, request, signal),
    /** What runs of it goes on. */
    removeSchedule: (id: string, signal: AbortSignal) =>
      call<{ removed: true }>("DELETE", path`/api/schedules/${id}`, undefined, signal),
    /** Now, besides its times. Resolves when the run has begun. */
    runSchedule: (id: string, signal: AbortSignal) =>
      call<Schedule>("POST", path`/api/schedules/${id}/run`, undefined, signal),
  };
}
