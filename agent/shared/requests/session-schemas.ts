/** The schemas of the requests that change a session or look back at it: earlier messages, undo, stops. */
import { z } from "zod";
import { stopCauses, stopPoints } from "../protocol";
import { modelOptions } from "./model-schemas";
import { id, name, path, permissions } from "./value-schemas";

/** Of `GET /api/search`. */
export const searchQuery = z.strictObject({
  q: z
    .string()
    .max(500)
    .describe(
      "Words that must all be there, the last one perhaps only begun; in quotation marks: in a row.",
    ),
  sessionId: id.optional().describe("Only in the messages of this session."),
  before: z
    .union([z.coerce.number().int().positive(), z.string().max(10_000)])
    .optional()
    .describe("The `next` of the page before."),
  limit: z.coerce.number().int().min(1).max(100).default(30),
});

export const forkRequest = z.strictObject({
  runId: id
    .optional()
    .describe("The last run that the copy has; by default the last of the branch that is shown."),
});

export const branchRequest = z.strictObject({
  runId: id.describe("The newest branch that goes through this run is shown."),
});

export const sessionPatchRequest = z.strictObject({
  title: z.string().trim().min(1).max(200).optional(),
  cwd: path.optional(),
  provider: name.optional(),
  model: name.optional(),
  permissions: permissions.optional(),
  options: modelOptions.optional().describe("All of them: what is absent is left to the service."),
  pinned: z.boolean().optional().describe("It stands above the others in the list."),
  archived: z
    .boolean()
    .optional()
    .describe("It is out of the list, until a message is sent to it. Refused while it runs."),
});

/** Of `GET /api/sessions`. */
export const sessionsQuery = z.strictObject({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe(
      "At most so many, and on the first page those that are pinned, run or have processes besides.",
    ),
  before: z.string().max(100).optional().describe("The `next` of the page before."),
  archived: z.enum(["only", "with"]).optional().describe("Without it: none that are archived."),
  deleted: z.literal("only").optional().describe("Those that can be brought back."),
  own: z.literal("1").optional().describe("For admins: only those that they began themselves."),
});

/** Of `DELETE /api/sessions/:id`. */
export const deletionQuery = z.strictObject({
  undo: z.literal("1").optional().describe("It can be brought back for some minutes."),
});

/** Of `GET /api/sessions/:id/messages`: at most `limit` messages before the named one. */
export const messagesQuery = z.strictObject({
  before: id,
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});

/** Of `GET /api/sessions/:id/branch`. */
export const branchFilesQuery = z.strictObject({
  since: id.describe("The last run of the branch that was shown before."),
});

/** For an undo, and for a redo. Paths as the changes name them. */
export const undoRequest = z.strictObject({
  overwrite: z
    .array(z.string())
    .max(100_000)
    .default([])
    .describe("Files that something else has changed since: restored nevertheless."),
  spare: z.array(z.string()).max(100_000).default([]).describe("Files to leave as they are."),
  evenIfNotNewest: z
    .boolean()
    .default(false)
    .describe("Go on though later runs have changed this directory too."),
});

/** `files=1`: the files too, in one archive with the document. `format=json`: for an import, without the files. */
export const exportQuery = z.strictObject({
  files: z.literal("1").optional(),
  format: z.enum(["markdown", "json"]).optional(),
});

/** Of `GET /api/stops`; all must hold. */
export const stopsQuery = z.strictObject({
  by: z.enum(stopCauses).optional(),
  user: z.string().max(200).optional().describe("Who stopped it, where people have names."),
  point: z.enum(stopPoints).optional(),
  since: z.coerce.number().int().nonnegative().optional().describe("Milliseconds since the epoch."),
  survivors: z.literal("only").optional(),
  unproven: z.literal("only").optional().describe("Only those whose end is not proven."),
  format: z.enum(["json", "csv"]).default("json"),
});

export type SessionsQuery = z.input<typeof sessionsQuery>;
export type SearchQuery = z.input<typeof searchQuery>;
export type ForkRequest = z.input<typeof forkRequest>;
export type BranchRequest = z.input<typeof branchRequest>;
export type SessionPatchRequest = z.input<typeof sessionPatchRequest>;
export type UndoRequest = z.input<typeof undoRequest>;
