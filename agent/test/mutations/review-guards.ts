/** Guards of what a person reviews: nothing runs by a look, and only what was shown is changed. */
import type { Guard } from "./guard";

export const reviewGuards: Guard[] = [
  {
    promise: "a commit has what was shown, or does not begin",
    file: "server/review/commits.ts",
    find: "if (found?.file.id !== id) throw changedSince();",
    replace: "if (found === undefined) throw changedSince();",
    tests: ["review-commit.test.ts"],
    title: "since it was shown does not begin",
  },
  {
    promise: "a commit runs no hook that was not allowed",
    file: "server/review/commit-steps.ts",
    find: 'withHooks ? [] : [["core.hooksPath", "/dev/null"] as const]',
    replace: "[]",
    tests: ["review-commit.test.ts"],
    title: "runs hooks only where they are allowed",
  },
  {
    promise: "a file that needs a filter is not committed without it",
    file: "server/review/commits.ts",
    find: "if (!requested.runHooks) await",
    replace: "if (requested.runHooks) await",
    tests: ["review-hostile.test.ts"],
    title: "but for files that need a filter",
  },
  {
    promise: "a stop ends the draft of a commit's message",
    file: "server/run/session-titles.ts",
    find: "    this.#open.set(key, { sessionId, provider, controller, settled });\n",
    replace: "",
    tests: ["review-commit.test.ts"],
    title: "by a stop of the session",
  },
  {
    promise: "a revert is taken back only over what it has left",
    file: "server/review/review.ts",
    find: "if (digestOf(now) !== left) throw changedSince();",
    replace: "",
    tests: ["review.test.ts"],
    title: "has changed meanwhile",
  },
  {
    promise: "while a run writes nothing is reverted",
    file: "server/undo/undo.ts",
    find: "this.#working.undo(directory, work));\n  }\n\n  /** How files",
    replace: "work().then(({ answer }) => answer));\n  }\n\n  /** How files",
    tests: ["review.test.ts"],
    title: "not put back while a run writes",
  },
];
