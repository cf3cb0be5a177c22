/** An error that a route answers with: its status, a stable code, and what was expected. */
import { HTTPException } from "hono/http-exception";
import type { ErrorCode, StatusOf } from "./error-codes";

export class HttpError extends HTTPException {
  declare readonly status: StatusOf<ErrorCode>;
  readonly code: ErrorCode;
  /** The run that is in the way, or that has the id, when that is why. */
  readonly run: { sessionId: string; runId: string } | undefined;
  /** The machine of a cluster that was not reached, when that is why. */
  readonly node: string | undefined;

  constructor(
    status: StatusOf<ErrorCode>,
    code: ErrorCode,
    message: string,
    run?: HttpError["run"],
    node?: string,
  ) {
    super(status, { message });
    this.code = code;
    this.run = run;
    this.node = node;
  }
}

export function httpError<Code extends ErrorCode>(
  status: StatusOf<Code>,
  code: Code,
  message: string,
  run?: HttpError["run"],
): HttpError {
  return new HttpError(status, code, message, run);
}

/** The request was not delivered, as that machine of the cluster did not answer. */
export function undelivered(node: string, message: string): HttpError {
  return new HttpError(503, "undelivered", message, undefined, node);
}
