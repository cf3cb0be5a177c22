/** What Codex says of a turn that failed, in words that a person can act on. */
import type { ErrorInfo } from "../../../shared/protocol";
import { ellipsized } from "../../../shared/truncate";
import type { EngineEnd } from "../engine";
import type { TurnError } from "./codex-wire";

const maxMessage = 2_000;

/** `status`: as the notice of the end has it. */
export function endOfTurn(status: string, error: TurnError): EngineEnd {
  if (status === "completed") return { outcome: "done" };
  if (status === "interrupted") return { outcome: "interrupted" };
  return { outcome: "failed", error: errorInfo(error) };
}

/** `code`: one of Rein's own, where Codex names a reason that has one; else `engine-error`. */
export function errorInfo(error: Partial<NonNullable<TurnError>> | null | undefined): ErrorInfo {
  const said = error?.message ? plain(error.message) : "Codex has failed, and did not say why.";
  const more = error?.additionalDetails ? ` ${plain(error.additionalDetails)}` : "";
  return { code: codeOf(error?.codexErrorInfo), message: ellipsized(`${said}${more}`, maxMessage) };
}

/** Of an attempt that Codex repeats by itself. */
export function retryNotice(error: TurnError): string {
  const details = error?.additionalDetails ? ` (${plain(error.additionalDetails)})` : "";
  return `${error?.message || "Codex tries again."}${details}`;
}

/** The service's own answer stands in it as JSON. */
function plain(message: string): string {
  try {
    const { error } = JSON.parse(message) as { error?: { message?: unknown } };
    return typeof error?.message === "string" ? error.message : message;
  } catch {
    return message;
  }
}

const codes: Record<string, string | undefined> = {
  contextWindowExceeded: "context-length",
  usageLimitExceeded: "rate-limit",
  rateLimitExceeded: "rate-limit",
  serverOverloaded: "overloaded",
  modelNotFound: "model-not-found",
  unauthorized: "authentication",
};

/** `info`: a word, or an object with the word as its only key. */
function codeOf(info: unknown): string {
  return (typeof info === "string" && codes[info]) || "engine-error";
}
