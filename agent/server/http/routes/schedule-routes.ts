/** The routes of schedules. */
import { type Context, Hono } from "hono";
import { defined } from "../../../shared/defined";
import { type Schedule, type ScheduleTime } from "../../../shared/protocol";
import { schedulePatchRequest, scheduleRequest } from "../../../shared/requests";
import { whyNoTime } from "../../schedules/next-time";
import type { ScheduleFields } from "../../schedules/schedules";
import { body } from "../body";
import { askerOf } from "../check-role";
import { httpError } from "../http-error";
import type { Services } from "../services";
import { checkDirectory } from "../session-options";
import { checkChoices } from "../new-session";

export function createScheduleRoutes(services: Services): Hono {
  const { schedules, sessions, cwd: base } = services;
  const app = new Hono();

  app.get("/api/schedules", (c) => c.json({ schedules: schedules.list() }));

  app.post("/api/schedules", async (c) => {
    const request = defined(scheduleRequest.parse(await body(c)));
    const askedAt = Date.now();
    checkTime(request.when, askedAt);
    const cwd = await checkDirectory(request.cwd ?? base, base);
    const limits = defined(request.limits);
    const fields: ScheduleFields = { ...request, ...byAsker(c), cwd, limits };
    await checkChoices(services, fields);
    const added = schedules.add(fields, askedAt);
    if (added === undefined)
      throw httpError(409, "schedules-full", "There are too many schedules. Remove one first.");
    return c.json(added);
  });

  app.patch("/api/schedules/:id", async (c) => {
    const before = find(c);
    const { cwd, limits, ...request } = defined(schedulePatchRequest.parse(await body(c)));
    const askedAt = Date.now();
    if (request.when !== undefined) checkTime(request.when, askedAt);
    const patch = {
      ...request,
      ...byAsker(c),
      ...(cwd !== undefined && { cwd: await checkDirectory(cwd, base) }),
      ...(limits !== undefined && { limits: defined(limits) }),
    };
    // One whose directory is gone can still be paused.
    if (changesChoices(patch)) await checkChoices(services, { ...before, ...patch });
    const changed = schedules.change(before.id, patch, askedAt);
    if (changed === undefined) throw unknown(before.id);
    return c.json(changed);
  });

  app.delete("/api/schedules/:id", (c) => {
    const id = c.req.param("id");
    if (!schedules.remove(id)) throw unknown(id);
    return c.json({ removed: true });
  });

  app.post("/api/schedules/:id/run", async (c) => {
    const schedule = find(c);
    const run = schedules.running(schedule);
    if (run !== undefined) {
      const { sessionId, runId } = run;
      const words = "Its last run has not ended. Stop that first, or wait.";
      throw httpError(409, "run-active", words, { sessionId, runId });
    }
    sessions.refuseWhenFull();
    const begun = await schedules.run(schedule.id);
    // It may have been removed meanwhile; the run goes on.
    return c.json(begun ?? schedule);
  });

  function find(c: Context): Schedule {
    const id = c.req.param("id") ?? "";
    const found = schedules.find(id);
    if (found === undefined) throw unknown(id);
    return found;
  }

  return app;
}

function byAsker(c: Context): { user?: string } {
  return defined({ user: askerOf(c).name });
}

function unknown(id: string) {
  return httpError(404, "schedule", `There is no schedule ${id}.`);
}

function checkTime(when: ScheduleTime, now: number): void {
  const fault = whyNoTime(when, now);
  if (fault !== undefined) throw httpError(400, "schedule", fault);
}

function changesChoices(patch: Partial<ScheduleFields>): boolean {
  return (["cwd", "engine", "provider", "model", "options", "permissions"] as const).some(
    (key) => key in patch,
  );
}
