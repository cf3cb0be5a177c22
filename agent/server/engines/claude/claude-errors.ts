/** How a turn of Claude Code ended, and why it failed, in words that a person can act on. */
import type { ErrorInfo } from "../../../shared/protocol";
import { type EngineEnd, loggedOut } from "../engine";
import { claude, claudeLoginHelp } from "./claude-launch";
import type { ClaudeResult } from "./claude-messages";

/** What is known of a turn when Claude Code is idle again. */
export interface TurnToEnd {
  /** Absent: there is none, for it has not taken the message. */
  result?: ClaudeResult;
  isInterrupted: boolean;
  sumsUp: boolean;
}

/** As `ClaudeEvents` has them. */
export interface Failures {
  failure: ErrorInfo | undefined;
  notSummedUp: string | undefined;
}

/** A stop comes before all that was said of a failure. */
export function endOfTurn(
  { result, isInterrupted, sumsUp }: TurnToEnd,
  { failure, notSummedUp }: Failures,
  isGated: boolean,
): EngineEnd {
  if (isInterrupted || result?.terminal_reason?.startsWith("aborted"))
    return { outcome: "interrupted" };
  if (result === undefined) return failed("engine-wire", "Claude Code has not taken the message.");
  if (sumsUp && notSummedUp !== undefined) return failed("engine-compaction", notSummedUp);
  if (failure) return { outcome: "failed", error: readable(failure, isGated) };
  if (result.is_error !== true && result.subtype === "success") return { outcome: "done" };
  const said = result.errors?.join("\n") || result.result || reasonOf(result);
  return failed(result.subtype, said);
}

export function failed(code: string, message: string): EngineEnd {
  return { outcome: "failed", error: { code, message } };
}

/** With a gate it is the key of Rein's provider that was refused. */
function readable({ code, message }: ErrorInfo, isGated: boolean): ErrorInfo {
  if (code !== "authentication_failed") return { code, message };
  if (isGated) return { code: "authentication", message };
  const error = loggedOut(claude, claudeLoginHelp);
  return { code: error.code, message: error.message };
}

function reasonOf({ subtype, terminal_reason: reason }: ClaudeResult): string {
  return `Claude Code ended the turn: ${(reason ?? subtype).replaceAll("_", " ")}.`;
}
