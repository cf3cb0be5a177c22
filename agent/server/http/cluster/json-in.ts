/** What another node has answered, where it is what was asked for. */
import type { Called, NodeAnswer } from "../../cluster/node-calls";

type Answer = Pick<NodeAnswer, "status" | "body">;

/** The object of an answer with status 200; undefined where it is none. */
export function objectIn({ status, body }: Answer): Record<string, unknown> | undefined {
  return status === 200 ? parsed(body) : undefined;
}

/** Whether this is the answer to a session's stop: any other answer does not say that something was stopped. */
export function isStopAnswer(value: unknown): boolean {
  return isObject(value) && typeof value.stopped === "boolean";
}

/** Whether it says in words of Rein why it was not done. */
export function isRefusal({ status, body }: Answer): boolean {
  return status >= 400 && errorIn(body) !== undefined;
}

/** What a refusal says; else how the answer begins. */
export function wordsIn({ status, body }: Answer): string {
  const said = errorIn(body);
  if (said !== undefined) return `It answered ${status}: ${said}`;
  const begin = typeof body === "string" ? body.slice(0, 200) : "";
  return `It answered ${status}, which is no answer to that: ${begin === "" ? "nothing" : begin}`;
}

/** Why a node has not answered what it was asked. */
export function whyNot(called: Called): string {
  return "unreached" in called ? called.unreached.reason : wordsIn(called.answer);
}

function errorIn(body: Answer["body"]): string | undefined {
  const error = parsed(body)?.error;
  return isObject(error) && typeof error.message === "string" ? error.message : undefined;
}

function parsed(body: Answer["body"]): Record<string, unknown> | undefined {
  if (typeof body !== "string") return undefined;
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
