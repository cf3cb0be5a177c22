/** The operations of a directory's files, and of what has changed in them. */
import { z } from "zod";
import {
  commitView,
  draftAnswer,
  reviewAnswer,
  revertAnswer,
  textAnswer,
  treeAnswer,
} from "../../../shared/answers/review-shapes";
import {
  acceptRequest,
  commitQuery,
  commitRequest,
  draftRequest,
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
    "POST /api/review/commit": {
      id: "commit",
      summary: "Commit files of the working tree",
      description:
        "The named files alone, as they were shown. Answered when it has begun; hooks and filters of the repository run only with `runHooks`. A stop of the session ends it, too.",
      body: commitRequest,
      example: {
        sessionId: "s1",
        message: "Fix the test",
        files: [{ path: "src/main.ts", id: "0".repeat(64) }],
        runHooks: false,
      },
      answer: commitView,
      errors: [
        "session",
        "directory",
        "changed-since",
        "repository",
        "commit-active",
        "programs",
        "failed 409",
      ],
    },
    "GET /api/review/commit": {
      id: "commitState",
      summary: "Read the last commit that a session has begun",
      query: commitQuery,
      answer: z.strictObject({ commit: commitView.optional() }),
      errors: ["session"],
    },
    "POST /api/review/commit/stop": {
      id: "stopCommit",
      summary: "Stop the commit of a session",
      description: "Answered when nothing of it runs any more.",
      body: commitQuery,
      example: { sessionId: "s1" },
      answer: z.strictObject({ commit: commitView.optional() }),
      errors: ["session"],
    },
    "POST /api/review/message": {
      id: "draftMessage",
      summary: "Let a model draft the message of a commit",
      description:
        "A small request of its own. A stop of the session ends it, and so does the end of this request; what it has cost counts with the session’s last run.",
      body: draftRequest,
      example: { sessionId: "s1", files: [{ path: "src/main.ts", id: "0".repeat(64) }] },
      answer: draftAnswer,
      errors: ["session", "directory", "changed-since"],
    },
  },
} as const satisfies Subject;
