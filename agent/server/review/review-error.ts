/** Why a review was refused, with the status of the answer. Nothing has changed. */

export type ReviewErrorCode =
  | "file"
  | "directory"
  | "changed-since"
  | "already"
  | "no-record"
  | "failed"
  | "repository"
  | "commit-active"
  | "programs";

export class ReviewError extends Error {
  override readonly name = "ReviewError";
  readonly status: 400 | 404 | 409 | 500;
  readonly code: ReviewErrorCode;

  constructor(
    status: ReviewError["status"],
    code: ReviewErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.status = status;
    this.code = code;
  }
}
