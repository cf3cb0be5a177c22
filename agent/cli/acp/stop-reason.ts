/** How a run ended, as the stop reason of ACP. */
import type { StopReason } from "@agentclientprotocol/sdk";
import type { Run } from "../../shared/protocol";

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
