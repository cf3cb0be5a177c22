/** The schemas of schedules. */
import { z } from "zod";
import {
  permissionIds,
  type Schedule,
  type SchedulesAnswer,
  type ScheduleTime,
  skipReasons,
} from "../protocol";
import { commandCall } from "./definition-shapes";
import { limitValues } from "./run-shapes";
import { shape } from "./shape";
import { count, modelOptions, outcome, text, time } from "./value-shapes";

const scheduleTime = shape<ScheduleTime>(
  "ScheduleTime",
  "When a schedule runs.",
)(
  z.union([
    z.strictObject({ cron: text, timeZone: text }),
    z.strictObject({ everyMinutes: count }),
    z.strictObject({ at: time }),
  ]),
);

export const schedule = shape<Schedule>(
  "Schedule",
  "A message that is sent at a time, or again and again.",
)(
  z.strictObject({
    id: text,
    name: text,
    cwd: text,
    message: text.optional(),
    command: commandCall.optional(),
    provider: text.optional(),
    model: text.optional(),
    options: modelOptions.optional(),
    engine: text.optional(),
    permissions: z.enum(permissionIds).describe("What would be asked is denied."),
    limits: limitValues,
    when: scheduleTime,
    missed: z.enum(["skip", "once"]).describe("About times at which the server did not run."),
    isOn: z.boolean(),
    user: text.optional().describe("Who has made it, or changed it last."),
    nextAt: time.optional(),
    last: z
      .strictObject({ at: time, sessionId: text, runId: text, outcome: outcome.optional() })
      .optional(),
    skipped: z
      .strictObject({
        at: time,
        because: z.enum(skipReasons),
        message: text.optional().describe("Why its run could not begin."),
      })
      .optional()
      .describe("The last time that passed without a run of its own."),
  }),
);

export const schedulesAnswer = shape<SchedulesAnswer>(
  "Schedules",
  "All schedules.",
)(z.strictObject({ schedules: z.array(schedule) }));
