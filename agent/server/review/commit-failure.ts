/** Why a commit was not made, or not to its end, in words for people. */
import { log } from "../log";
import { StepError } from "./commit-steps";
import { ReviewError } from "./review-error";

export function wordsOf(error: unknown, hasHappened: boolean): string {
  const isKnown = error instanceof StepError || error instanceof ReviewError;
  if (!isKnown) log.error({ err: error }, "A commit has failed");
  const words = isKnown ? error.message : "An internal error; the server’s log says more.";
  return hasHappened
    ? `It was committed, but the index could not be updated: ${words} “git reset” does it.`
    : words;
}

export function committedSince(): ReviewError {
  return new ReviewError(
    409,
    "changed-since",
    "Something else was committed or checked out meanwhile, so nothing was done. Look at it again.",
  );
}

export function notBegun(): ReviewError {
  return new ReviewError(409, "failed", "The commit was stopped before it had begun.");
}
