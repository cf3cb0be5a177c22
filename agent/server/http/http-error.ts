/** An error that a route answers with: its status, a stable code, and what was expected. */
import { HTTPException } from "hono/http-exception";

type Status = 400 | 401 | 403 | 404 | 408 | 409 | 413 | 415 | 429 | 500 | 503;

export class HttpError extends HTTPException {
  readonly code: string;

  constructor(status: Status, code: string, message: string) {
    super(status, { message });
    this.code = code;
  }
}

export function httpError(status: Status, code: string, message: string): HttpError {
  return new HttpError(status, code, message);
}
