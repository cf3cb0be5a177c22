/** An error that a route answers with: its status, a stable code, and what was expected. */
import { HTTPException } from "hono/http-exception";

type Status = 400 | 401 | 403 | 404 | 408 | 409 | 413 | 415 | 429 | 500 | 503;

export class HttpError extends HTTPException {
  readonly code: string;
  /** The run that is in the way, when that is why. */
  readonly run: { sessionId: string; runId: string } | undefined;

  constructor(status: Status, code: string, message: string, run?: HttpError["run"]) {
    super(status, { message });
    this.code = code;
    this.run = run;
  }
}

export function httpError(
  status: Status,
  code: string,
  message: string,
  run?: HttpError["run"],
): HttpError {
  return new HttpError(status, code, message, run);
}
