/** The operations of a directory's files, and of what has changed in them. */
import { z } from "zod";
import {
  reviewAnswer,
  revertAnswer,
  textAnswer,
  treeAnswer,
} from "../../../shared/answers/review-shapes";
import {
  acceptRequest,
  reviewQuery,
  revertRequest,
  textQuery,
  treeQuery,
  unrevertRequest,
} from "../../../shared/requests";
import type { Subject } from "./operation";

export const reviewOperations = {
  title: "Review",
  description:
    "The files of a directory, and what has changed in them. Nothing of the directory is run by looking at it.",
  operations: {
    "GET /api/tree": {
      id: "tree",
      summary: "List one level of a directory",
      description: "Links are not followed.",
      query: treeQuery,
      answer: treeAnswer,
      errors: ["cwd", "directory", "file"],
    },
    "GET /api/text": {
      id: "text",
      summary: "Read the text of a file",
      description:
        "Up to 1 MB. What a rule of the project denies, and Rein’s own data, is refused.",
      query: textQuery,
      answer: textAnswer,
      errors: ["cwd", "directory", "file"],
    },
    "GET /api/review": {
      id: "review",
      summary: "Read what has changed, hunk by hunk",
      description:
        "`session`: what the runs of the session have changed that still stands. `tree`: the working tree against HEAD.",
      query: reviewQuery,
      answer: reviewAnswer,
      errors: ["session", "directory"],
    },
    "POST /api/review/revert": {
      id: "revert",
      summary: "Put a hunk or a file back as it was",
      description: "As it was shown: when it has changed since, nothing is done.",
      body: revertRequest,
      example: { sessionId: "s1", of: "tree", path: "src/main.ts", id: "0".repeat(64) },
      answer: revertAnswer,
      errors: ["session", "directory", "changed-since", "failed 409", "run-active"],
    },
    "POST /api/review/undo": {
      id: "takeRevertBack",
      summary: "Take a revert back",
      body: unrevertRequest,
      example: { sessionId: "s1", undo: "r1" },
      answer: z.strictObject({ path: z.string() }),
      errors: ["session", "directory", "no-record", "changed-since", "failed 409", "run-active"],
    },
    "POST /api/review/accept": {
      id: "accept",
      summary: "Mark hunks and files as seen",
      body: acceptRequest,
      example: { sessionId: "s1", ids: ["0".repeat(64)] },
      answer: z.strictObject({ reviewed: z.array(z.string()) }),
      errors: ["session"],
    },
  },
} as const satisfies Subject;
