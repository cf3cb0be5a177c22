/** The schemas of the limits of runs and days, of stalls and of repeated attempts. */
import { z } from "zod";

export const limitValues = z.strictObject({
  turns: z.int().positive().optional(),
  minutes: z.number().positive().optional(),
  tokens: z.int().positive().optional(),
  usd: z.number().positive().optional(),
});

export const limitsRequest = z.strictObject({
  run: limitValues.default({}),
  day: limitValues.default({}),
  atLimit: z.enum(["ask", "stop"]).default("ask"),
  stallMinutes: z.union([z.number().positive(), z.literal("never")]).default(5),
  /** Long enough for an overload of a quarter of an hour. */
  retry: z
    .strictObject({
      attempts: z.int().positive().max(1000).default(30),
      minutes: z.number().nonnegative().default(20),
    })
    .prefault({}),
});

export type LimitsRequest = z.input<typeof limitsRequest>;

/** Of each run of a schedule, which nobody watches. */
export const scheduleLimits = { turns: 50, minutes: 30 };
