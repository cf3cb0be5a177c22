/** How a turn of an engine failed, in words that a person can act on. */
import { EngineError } from "../engines/engine";
import { log } from "../log";
import type { LoopEnd } from "./turn-types";

/** Logs what is an error of Rein's own. */
export function failureOf(error: unknown): LoopEnd {
  if (error instanceof EngineError) return failed(error.code, error.message);
  log.error({ err: error }, "An internal error in a turn of an engine");
  return failed(
    "internal",
    `Something went wrong inside Rein: ${String(error)}. The log has the details; sending again may help.`,
  );
}

export function failed(code: string, message: string): LoopEnd {
  return { outcome: "failed", error: { code, message } };
}
