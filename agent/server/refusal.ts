/** Requests that are refused: what was expected, and a code that stays. */
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";

type Status = 400 | 404 | 409 | 500;

export class Refusal extends HTTPException {
  readonly code: string;

  constructor(status: Status, code: string, message: string) {
    super(status, { message });
    this.code = code;
  }
}

export function refusal(status: Status, code: string, message: string): Refusal {
  return new Refusal(status, code, message);
}

/** The body as JSON; an empty one is an empty object. */
export async function body(c: Context): Promise<unknown> {
  const text = await c.req.text();
  if (text === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    throw refusal(400, "json", "The body is not valid JSON.");
  }
}
