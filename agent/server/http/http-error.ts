/** Requests that are refused: what was expected, and a code that stays. */
import { HTTPException } from "hono/http-exception";

type Status = 400 | 404 | 409 | 413 | 500;

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
