/** Why an undo was refused or failed, with the status of the answer. */

export type UndoErrorCode =
  | "no-record"
  | "comparing"
  | "run-active"
  | "not-newest"
  | "changed-since"
  | "already"
  | "failed";

/** An undo that was refused, or could not be done. Nothing has changed. */
export class UndoError extends Error {
  override readonly name = "UndoError";
  readonly status: 404 | 409 | 500;
  readonly code: UndoErrorCode;

  /** The run that is at work there, when that is why. */
  readonly run: { sessionId: string; runId: string } | undefined;

  constructor(
    status: 404 | 409 | 500,
    code: UndoErrorCode,
    message: string,
    options?: ErrorOptions & { run?: { sessionId: string; runId: string } },
  ) {
    super(message, options);
    this.status = status;
    this.code = code;
    this.run = options?.run;
  }
}
