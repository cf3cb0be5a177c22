/** What a person reviews in a session's directory: read, put back hunk by hunk, and taken back again. */
import type { ReviewAnswer, ReviewOf, TextAnswer, TreeAnswer } from "../../shared/protocol";
import type { Jobs } from "../processes/jobs";
import type { Undo } from "../undo/undo";
import { readTextOf } from "./file-text";
import { reviewSides, type Reviewed } from "./review-sides";
import { readTreeSides } from "./tree-changes";
import { readLevel } from "./tree-level";

export interface ReviewedSession {
  /** Absolute and without links. */
  cwd: string;
  /** The runs of the session, oldest first. */
  runIds: string[];
}

export class Review {
  readonly #jobs: Jobs;
  readonly #undo: Undo;

  constructor(jobs: Jobs, undo: Undo) {
    this.#jobs = jobs;
    this.#undo = undo;
  }

  level(cwd: string, path: string, signal: AbortSignal): Promise<TreeAnswer> {
    return readLevel(this.#jobs, cwd, path, signal);
  }

  text(cwd: string, path: string, signal: AbortSignal): Promise<TextAnswer> {
    return readTextOf(cwd, path, signal);
  }

  /** Runs nothing of the directory. Throws LookError, a system error, or the signal's reason. */
  async read(of: ReviewOf, session: ReviewedSession, signal: AbortSignal): Promise<ReviewAnswer> {
    return (await this.#read(of, session, signal)).answer;
  }

  async #read(of: ReviewOf, session: ReviewedSession, signal: AbortSignal): Promise<Reviewed> {
    const found =
      of === "tree"
        ? await readTreeSides(this.#jobs, session.cwd, signal)
        : { sides: [], left: 0, unseen: [] };
    return reviewSides(of, session.cwd, found, signal);
  }
}
