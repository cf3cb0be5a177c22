/** What an option of the server is, and the kinds of values that several of them take. */
import { isIP } from "./hostname";

export interface Option<Value> {
  flag: string;
  variable: string;
  /** What stands for the value in the help. */
  value: string;
  help: string;
  default: string;
  /** What a value is expected to be, for the message about a wrong one. */
  expected: string;
  /** What to write in the place of some wrong values. */
  instead?: ReadonlyMap<string, string>;
  /** The message about a wrong value does not repeat it. */
  secret?: true;
  /** Undefined for a text that is no such value. */
  parse(text: string): Value | undefined;
}

/** Infers the type of the values. */
export function option<Value>(one: Option<Value>): Option<Value> {
  return one;
}

export function wholeNumber(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

export function parseHosts(text: string): string[] | undefined {
  const names = listed(text.toLowerCase());
  return names.every((name) => isIP(name) || /^[^\s/:]+$/.test(name)) ? names : undefined;
}

/** Separated by commas or spaces. */
export function listed(text: string): string[] {
  return text
    .split(/[\s,]+/)
    .map((one) => one.trim())
    .filter((one) => one !== "");
}
