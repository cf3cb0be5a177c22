/** The fields that rows of several tables have. */
import { z } from "zod";
import { hookEvents, noUsage, proofs, stopCauses, stopClients } from "../../shared/protocol";

/** Milliseconds since the epoch, as far as a Date reaches. */
export const time = z.number().min(0).max(8.64e15);
export const count = z.number().min(0);
export const text = z.string();
export const outcome = z.enum(["done", "failed", "stopped"]);

export const usage = z
  .looseObject({
    inputTokens: count,
    outputTokens: count,
    estimated: z.boolean(),
    cacheReadTokens: count.optional(),
    cacheWriteTokens: count.optional(),
    costUsd: count.optional(),
    costs: extra(z.object({ input: count, cacheRead: count, cacheWrite: count, output: count })),
    unpricedTokens: count.optional(),
    lastAttempt: extra(z.object({ inputTokens: count, outputTokens: count })),
  })
  .catch({ ...noUsage });
export const error = extra(z.looseObject({ code: text, message: text }));
export const stopFields = {
  by: z.enum([...stopCauses, "pause"]),
  from: z.enum([...stopClients, "server"]),
  user: extra(text),
  askedAt: time,
};
export const stop = z.looseObject(stopFields);
export const retry = extra(
  z.looseObject({
    attempt: count,
    of: count,
    at: time,
    error: z.looseObject({ code: text, message: text }),
  }),
);
export const survivor = z.looseObject({
  pid: z.number(),
  command: text,
  reason: text,
  startedAt: extra(text),
});
export const proof = extra(z.enum(proofs));
export const hooks = extra(
  z.array(
    z.looseObject({
      id: text,
      name: text,
      on: z.enum(hookEvents),
      startedAt: time,
      endedAt: extra(time),
      outcome: extra(outcome),
      exitCode: extra(z.number()),
      words: extra(text),
    }),
  ),
);

/** Left out when it is damaged. */
export function extra<Schema extends z.ZodType>(schema: Schema) {
  return schema.optional().catch(undefined);
}
