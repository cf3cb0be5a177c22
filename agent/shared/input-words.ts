/** What is wrong with the fields of a request, in words for people: what was given, and what is expected. */
import { capitalized } from "./capitalized";
import { z } from "zod";

type Issue = z.core.$ZodIssue;

/** A sentence for each fault. `given`: what was validated, which is called `whole`. */
export function inputWords({ issues }: z.ZodError, given: unknown, whole = "The request"): string {
  return issues.map((issue) => sentenceOf(issue, given, whole)).join(" ");
}

function sentenceOf(issue: Issue, given: unknown, whole: string): string {
  const { path } = issue;
  const name = nameOf(path, whole);
  if (issue.code === "unrecognized_keys") return `${name} has no field ${issue.keys.join(", ")}.`;
  if (issue.code === "invalid_key") {
    const [fault] = issue.issues;
    const owner = nameOf(path.slice(0, -1), whole);
    return `${owner} has a field whose name is ${shown(path.at(-1), undefined)}: expected ${fault === undefined ? "another name" : expectedBy(fault)}.`;
  }
  const value = path.reduce<unknown>((at, key) => (at as never)?.[key as never], given);
  const state = value === undefined ? "is missing" : `is ${shown(value, path.at(-1))}`;
  return `${name} ${state}: expected ${expectedBy(issue)}.`;
}

/** "Attempts (retry.attempts)": the field as a page names it, and as programs do. */
function nameOf(path: PropertyKey[], whole: string): string {
  const last = path.at(-1);
  if (last === undefined) return whole;
  const spaced = String(last).replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ");
  const words = typeof last === "number" ? `Item ${last + 1}` : spaced.toLowerCase();
  const name = capitalized(words);
  return path.length === 1 ? name : `${name} (${path.join(".")})`;
}

/** Neither long texts nor secrets. */
function shown(value: unknown, name: PropertyKey | undefined): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  if (value === "") return "empty";
  const isSecret = secrets.has(name);
  if (typeof value !== "string") return isSecret ? `a ${typeof value}` : String(value);
  if (isSecret || value.length > mostShown) return `a text of ${value.length} characters`;
  return `“${value}”`;
}

const mostShown = 60;
const secrets = new Set<PropertyKey | undefined>(["apiKey", "token"]);

function expectedBy(issue: Issue): string {
  switch (issue.code) {
    case "too_big": {
      const { maximum, inclusive, origin } = issue;
      return inclusive === false ? `less than ${maximum}` : `${maximum}${unitOf(origin)} at most`;
    }
    case "too_small": {
      const { minimum, inclusive, origin } = issue;
      if (origin === "string" && minimum === 1) return "some text";
      return inclusive === false ? `more than ${minimum}` : `${minimum}${unitOf(origin)} at least`;
    }
    case "invalid_type":
      return typeWords[issue.expected] ?? issue.expected;
    case "invalid_value":
      return anyOf(issue.values);
    case "invalid_union": {
      // By the value of one field it is known which of the forms is meant.
      const { options } = issue as { options?: unknown[] };
      if (options !== undefined) return anyOf(options);
      const all = issue.errors.flatMap(([first]) =>
        first === undefined || first.path.length > 0 ? [] : expectedBy(first),
      );
      return all.length === 0 ? "another form" : all.join(" or ");
    }
    default:
      return issue.message.replace(/^expected /, "");
  }
}

function anyOf(values: unknown[]): string {
  return values.map((one) => `“${String(one)}”`).join(" or ");
}

function unitOf(origin: string): string {
  if (origin === "string") return " characters";
  return origin === "array" ? " items" : "";
}

const typeWords: Partial<Record<string, string>> = {
  number: "a number",
  int: "a whole number",
  string: "text",
  boolean: "true or false",
  object: "an object",
  record: "an object",
  array: "a list",
};
