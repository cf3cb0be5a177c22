/** The schemas of schedules, and of the requests that make and change them. */
import { z } from "zod";
import { commandCall } from "./definition-schemas";
import { limitValues, scheduleLimits } from "./limit-schemas";
import { modelOptions } from "./model-schemas";
import { message, name, path, permissions } from "./value-schemas";

/** The server checks that there is such a time. */
const when = z.union([
  z.strictObject({
    cron: z.string().trim().min(1).max(200).describe("Five fields, or a name such as `@daily`."),
    timeZone: z.string().min(1).max(64).describe("Such as `Europe/Berlin`."),
  }),
  z.strictObject({ everyMinutes: z.int().min(1).max(525_600) }),
  z.strictObject({
    at: z.int().nonnegative().max(8.64e15).describe("Milliseconds since the epoch."),
  }),
]);

/** Of a schedule, as requests and its file have them. */
export const scheduleFields = {
  name: name.max(80),
  cwd: path.optional().describe("By default the server’s."),
  // All schedules are in one file, which is written anew at each run.
  message: message.max(100_000).optional(),
  command: commandCall.optional(),
  provider: name.optional(),
  model: name.optional(),
  options: modelOptions.optional(),
  engine: name.optional(),
  permissions: permissions.default("ask").describe("What would be asked is denied."),
  limits: limitValues
    .default(scheduleLimits)
    .describe("Of each run, in the place of the server’s own."),
  when,
  missed: z
    .enum(["skip", "once"])
    .default("skip")
    .describe("About times at which the server did not run: nothing, or one run."),
  isOn: z.boolean().default(true),
};

export const scheduleRequest = z
  .strictObject(scheduleFields)
  .refine(({ message, command }) => (message === undefined) !== (command === undefined), {
    message: "expected a message or a command",
  });

/** What is absent stays. A message takes the place of a command, and the other way round. */
export const schedulePatchRequest = z
  .strictObject({
    ...scheduleFields,
    name: scheduleFields.name.optional(),
    permissions: permissions.optional(),
    limits: limitValues.optional(),
    when: when.optional(),
    missed: scheduleFields.missed.unwrap().optional(),
    isOn: z.boolean().optional(),
  })
  .refine(({ message, command }) => message === undefined || command === undefined, {
    message: "expected a message or a command, not both",
  });

export type ScheduleRequest = z.input<typeof scheduleRequest>;
export type SchedulePatchRequest = z.input<typeof schedulePatchRequest>;
