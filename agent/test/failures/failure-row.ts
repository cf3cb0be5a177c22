/** A failure as a service sends it, and what Rein has to make of it. */
import type { WireName } from "../upstream/wire";

export interface FailureRow {
  wire: WireName;
  /** The service and the case. */
  what: string;
  status: number;
  /** An object is sent as JSON, a string as it is, HTML and event streams with their type. */
  body: unknown;
  headers?: Record<string, string>;
  code: string;
  retryable: boolean;
  retryAfterMs?: number;
  /** The conversation is to be tried as plain text, whatever was chosen. */
  triesPlainText?: true;
  /** What the message says of the option that was refused, when it was chosen. */
  option?: RegExp;
  /** All of them have to be in the message. */
  says: RegExp[];
  /** None of them may be. */
  never?: RegExp[];
}

/** What a row leaves out: the status is 200, nothing is retried. */
type Given = Omit<FailureRow, "wire" | "what" | "retryable" | "status"> &
  Partial<Pick<FailureRow, "retryable" | "status">>;

/** Rows of one wire. */
export function rowsOf(wire: WireName, rows: Record<string, Given>): FailureRow[] {
  return Object.entries(rows).map(([what, row]) => ({
    status: 200,
    retryable: false,
    ...row,
    wire,
    what,
  }));
}

/** The key was refused: not the same as a right key that may not do this. */
export const keyWords = /key/i;
export const keyRefused = /did not accept the key/;
/** Where the service's side is overloaded or broken, there is nothing to set here. */
export const settings = /settings/i;
