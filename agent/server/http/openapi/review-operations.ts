/** The operations of a directory's files, and of what has changed in them. */
import { reviewAnswer, textAnswer, treeAnswer } from "../../../shared/answers/review-shapes";
import { reviewQuery, textQuery, treeQuery } from "../../../shared/requests";
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
  },
} as const satisfies Subject;
