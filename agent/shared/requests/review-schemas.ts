/** The schemas of the requests about a directory's files and what has changed in them. */
import { z } from "zod";
import { reviewedOf } from "../protocol";
import { digest, id, path } from "./value-schemas";

const most = 300;

/** Relative to the directory; without one, the directory itself. */
const below = z
  .string()
  .max(4096)
  .refine((text) => !text.includes("\0"), "expected a path without a NUL");

/** Of `GET /api/tree`. */
export const treeQuery = z.strictObject({ cwd: path.optional(), path: below.default("") });

/** Of `GET /api/text`. */
export const textQuery = z.strictObject({ cwd: path.optional(), path: below.min(1) });

/** Of `GET /api/review`. */
export const reviewQuery = z.strictObject({ sessionId: id, of: z.enum(reviewedOf) });

/** Of `GET /api/review/commit`. */
export const commitQuery = z.strictObject({ sessionId: id });

export const revertRequest = z.strictObject({
  sessionId: id,
  of: z.enum(reviewedOf),
  path: below.min(1),
  id: digest.describe("Of a hunk, or of the whole file, as it was shown."),
});

export const unrevertRequest = z.strictObject({ sessionId: id, undo: id });

export const acceptRequest = z.strictObject({
  sessionId: id,
  ids: z.array(digest).max(2000).describe("Of hunks and files."),
  accepted: z.boolean().default(true).describe("false: no longer."),
});

const shownFiles = z
  .array(z.strictObject({ path: below.min(1), id: digest }))
  .min(1)
  .max(most)
  .describe("As `GET /api/review` showed them with `of=tree`.");

export const maxCommitMessage = 20_000;

export const commitRequest = z.strictObject({
  sessionId: id,
  message: z
    .string()
    .trim()
    .min(1, "expected some text")
    .max(maxCommitMessage)
    // A terminal that shows the log would obey them.
    .refine((text) => !/[^\P{Cc}\t\r\n]/u.test(text), "expected no control characters"),
  files: shownFiles,
  runHooks: z.boolean().describe("Whether the programs may run that `repository.runs` has named."),
});

export const draftRequest = z.strictObject({ sessionId: id, files: shownFiles });

export type TreeQuery = z.input<typeof treeQuery>;
export type TextQuery = z.input<typeof textQuery>;
export type ReviewQuery = z.input<typeof reviewQuery>;
export type RevertRequest = z.input<typeof revertRequest>;
export type UnrevertRequest = z.input<typeof unrevertRequest>;
export type AcceptRequest = z.input<typeof acceptRequest>;
export type CommitRequest = z.input<typeof commitRequest>;
export type DraftRequest = z.input<typeof draftRequest>;
