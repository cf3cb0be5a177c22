/** The schemas of the requests that steer what runs: stop, pause, resume, ask again, reply to an approval. */
import { z } from "zod";
import { digest, id, maxPlanCharacters, permissions } from "./value-schemas";

/** Nothing named: the running run. */
export const sessionStopRequest = z.strictObject({
  runId: id.optional(),
  subagentId: id.optional(),
  toolCallId: id.optional(),
  hard: z
    .boolean()
    .optional()
    .describe(
      "The processes of what is named get no time to clean up; a polite stop under way is cut short.",
    ),
});

/** Nothing named: everything. A run that has not been accepted yet is refused when it comes. */
export const stopRequest = z.strictObject({
  runId: id.optional(),
  nodes: z
    .array(z.string().min(1).max(200))
    .max(1000)
    .optional()
    .describe("Without `runId`: only what is on these machines of a cluster."),
  askedMsAgo: z
    .number()
    .nonnegative()
    .optional()
    .describe(
      "Without `runId`: only what had begun when it was asked for, so many milliseconds ago, for a stop that is sent again. Clocks of several machines differ.",
    ),
});

export const pauseRequest = z.strictObject({
  runId: id.optional(),
  cut: z
    .boolean()
    .default(false)
    .describe("Cut the part that the model is writing instead of waiting for it."),
});

export const resumeRequest = z.strictObject({
  runId: id.optional(),
  by: z
    .number()
    .positive()
    .optional()
    .describe("At a limit: how much more the run may use; by default as much again."),
});

/** Model requests that wait are sent anew. */
export const askAgainRequest = z.strictObject({ runId: id.optional() });

/** Of `POST /api/approvals/:id`. */
export const approvalQuery = z.strictObject({
  sessionId: z
    .string()
    .optional()
    .describe(
      "Its session. Where each person has a server of their own, that session’s is asked alone.",
    ),
});

/** `digest`: of the approval as it was shown. `rule`: the index in its `always`. */
export const approvalRequest = z.discriminatedUnion("decision", [
  z.strictObject({ decision: z.literal("once"), digest }),
  z.strictObject({
    decision: z.enum(["session", "project"]),
    digest,
    rule: z.int().nonnegative(),
  }),
  z.strictObject({
    decision: z.literal("plan"),
    digest,
    permissions: permissions.exclude(["plan"]).describe("What the session may do from then on."),
    text: z
      .string()
      .trim()
      .min(1)
      .max(maxPlanCharacters)
      .optional()
      .describe("The plan as you have edited it."),
  }),
  z.strictObject({ decision: z.literal("deny"), message: z.string().max(10_000).optional() }),
]);

export type SessionStopRequest = z.infer<typeof sessionStopRequest>;
export type StopRequest = z.infer<typeof stopRequest>;
export type AskAgainRequest = z.infer<typeof askAgainRequest>;
export type PauseRequest = z.input<typeof pauseRequest>;
export type ResumeRequest = z.input<typeof resumeRequest>;
