/** How a run ended, as an editor is told it: the answer to its prompt, with the stop reason of ACP. */
import { type PromptResponse, RequestError, type StopReason } from "@agentclientprotocol/sdk";
import type { Run } from "../../shared/protocol";

/** Throws a RequestError for a run that has failed, or whose server ended first. */
export function promptAnswer(sessionId: string, run: Run | undefined): PromptResponse {
  if (run?.state !== "settled")
    throw new RequestError(-32603, "Rein’s server ended before the run had settled.");
  const stopReason = stopReasonOf(run);
  const { id: runId, outcome, usage, receipt } = run;
  const _meta = { rein: { sessionId, runId, outcome, usage, receipt } };
  if (stopReason !== undefined) return { stopReason, _meta };
  const { code = "stopped", message = "Rein’s server was stopped." } = run.error ?? {};
  throw new RequestError(-32603, message, { code, ..._meta });
}

/** Of errors that ACP has a stop reason for. */
const reasons: Record<string, StopReason> = {
  length: "max_tokens",
  "context-full": "max_tokens",
  "turn-limit": "max_turn_requests",
  refusal: "refusal",
  "content-filter": "refusal",
};

/** Undefined where there is none: it failed, or its server ended. */
export function stopReasonOf({ outcome, error, stop }: Run): StopReason | undefined {
  if (outcome === "done") return "end_turn";
  if (outcome === "failed") return error && reasons[error.code];
  if (stop?.by === "budget" || stop?.by === "timeout") return "max_turn_requests";
  return stop?.by === "shutdown" || stop?.by === "crash" ? undefined : "cancelled";
}
