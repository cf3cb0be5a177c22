/** An error that a route answers with: its status, a stable code, and what was expected. */
import { HTTPException } from "hono/http-exception";
import type { ErrorCode, StatusOf } from "./error-codes";

export class HttpError extends HTTPException {
  declare readonly status: StatusOf<ErrorCode>;
  readonly code: ErrorCode;
  /** The run that is in the way, or that has the id, when that is why. */
  readonly run: { sessionId: string; runId: string } | undefined;

  constructor(
    status: StatusOf<ErrorCode>,
    code: ErrorCode,
    message: string,
    run?: HttpError["run"],
  ) {
    super(status, { message });
    this.code = code;
    this.run = run;
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
