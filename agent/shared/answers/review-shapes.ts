/** The schemas of what a person reviews: trees, texts, changes, commits. */
import { z } from "zod";
import {
  type CommitView,
  type DraftAnswer,
  type ReviewAnswer,
  reviewedOf,
  type ReviewFile,
  type RevertAnswer,
  type TextAnswer,
  type TreeAnswer,
} from "../protocol";
import { shape } from "./shape";
import { count, text, time, yes } from "./value-shapes";

export const treeAnswer = shape<TreeAnswer>(
  "Tree",
  "One level of a directory.",
)(
  z.strictObject({
    cwd: text,
    path: text.describe("Relative to it; empty: the directory itself."),
    entries: z
      .array(
        z.strictObject({
          name: text,
          kind: z.enum(["directory", "file", "link", "other"]),
          bytes: count.optional(),
          isIgnored: yes.optional().describe("The ignore files of the directory exclude it."),
        }),
      )
      .describe("Directories first, by name. A link is not followed."),
    left: count.describe("So many more are not listed."),
  }),
);

export const textAnswer = shape<TextAnswer>(
  "Text",
  "The text of a file.",
)(
  z.strictObject({
    path: text,
    bytes: count,
    text: text.optional(),
    unshown: z.enum(["binary", "too-long"]).optional(),
  }),
);

const line = z.strictObject({
  kind: z.enum(["same", "added", "removed"]),
  old: count.optional(),
  new: count.optional(),
  text,
  isUnended: yes.optional().describe("The last line of its file, without a line end."),
});

const hunk = z.strictObject({
  id: text.describe("Of the path, the text before and the hunk: a request repeats it."),
  header: text,
  lines: z.array(line),
});

const reviewFile = shape<ReviewFile>(
  "ReviewFile",
  "A file that has changed, hunk by hunk.",
)(
  z.strictObject({
    id: text.describe("Of the whole file before and now: a request repeats it."),
    path: text,
    kind: z.enum(["created", "changed", "deleted"]),
    unshown: z
      .enum(["binary", "too-long", "link", "other", "mode", "unreadable", "filter"])
      .optional()
      .describe("Why there are no hunks."),
    modes: z.strictObject({ before: text, after: text }).optional(),
    added: count,
    removed: count,
    hunks: z.array(hunk),
    canRevert: z.boolean().describe("It can be put back as it was before."),
  }),
);

export const reviewAnswer = shape<ReviewAnswer>(
  "Review",
  "What has changed, file by file.",
)(
  z.strictObject({
    of: z.enum(reviewedOf),
    cwd: text.describe("What the paths are relative to."),
    files: z.array(reviewFile),
    left: count.describe("So many more have changed and are not shown."),
    unseen: z.array(text),
    repository: z
      .strictObject({
        branch: text.optional(),
        head: text.optional(),
        runs: z.array(text).describe("What a commit would run if hooks are allowed."),
      })
      .optional(),
  }),
);

export const revertAnswer = shape<RevertAnswer>(
  "Revert",
  "A revert has happened.",
)(z.strictObject({ path: text, undo: text.describe("Takes it back, until the server ends.") }));

export const commitView = shape<CommitView>(
  "Commit",
  "A commit that a session has begun.",
)(
  z.strictObject({
    id: text,
    state: z.enum(["running", "stopping", "done", "failed", "stopped"]),
    message: text,
    paths: z.array(text),
    runHooks: z.boolean(),
    output: text.describe("The last 100,000 characters."),
    startedAt: time,
    endedAt: time.optional(),
    commit: text.optional(),
    error: text.optional(),
  }),
);

export const draftAnswer = shape<DraftAnswer>(
  "Draft",
  "What a model proposes as the message of a commit.",
)(z.strictObject({ message: text.optional(), problem: text.optional() }));
