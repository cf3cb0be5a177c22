/** The schemas of the requests that change a session or look back at it: earlier messages, undo, stops. */
import { z } from "zod";
import { stopCauses, stopPoints } from "../protocol";
import { modelOptions } from "./model-schemas";
import { id, name, path, permissions } from "./value-schemas";

export const sessionPatchRequest = z.strictObject({
  title: z.string().trim().min(1).max(200).optional(),
  cwd: path.optional(),
  provider: name.optional(),
  model: name.optional(),
  permissions: permissions.optional(),
  /** All of them: what is absent is left to the service. */
  options: modelOptions.optional(),
});

/** Of `GET /api/sessions/:id/messages`: at most `limit` messages before the named one. */
export const messagesQuery = z.strictObject({
  before: id,
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});

/** For an undo, and for a redo. Paths as the changes name them. */
export const undoRequest = z.strictObject({
  /** Files that something else has changed since: restored nevertheless. */
  overwrite: z.array(z.string()).max(100_000).default([]),
  /** Files to leave as they are. */
  spare: z.array(z.string()).max(100_000).default([]),
  /** Go on though later runs have changed this directory too. */
  evenIfNotNewest: z.boolean().default(false),
});

/** Of `GET /api/stops`; all must hold. */
export const stopsQuery = z.strictObject({
  by: z.enum(stopCauses).optional(),
  point: z.enum(stopPoints).optional(),
  /** Milliseconds since the epoch. */
  since: z.coerce.number().int().nonnegative().optional(),
  survivors: z.literal("only").optional(),
  /** Only those whose end is not proven. */
  unproven: z.literal("only").optional(),
  format: z.enum(["json", "csv"]).default("json"),
});

export type SessionPatchRequest = z.input<typeof sessionPatchRequest>;
export type UndoRequest = z.input<typeof undoRequest>;
