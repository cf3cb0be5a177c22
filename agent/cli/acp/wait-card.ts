/** The card of what a run waits for while nothing else of it is written: an editor has no other place for that. */
import type { ToolCall } from "@agentclientprotocol/sdk";
import { retryWords } from "../../client/state/run-words";
import type { Run } from "../../shared/protocol";
import { plainText } from "./editor-text";
import { pauseCard } from "./permission-requests";

/** Undefined while it waits for nothing. A wait keeps its card's id. `now` in milliseconds since the epoch. */
export function waitCard(run: Run, now: number): ToolCall | undefined {
  const { retry, stall, connecting } = run;
  const card = (toolCallId: string, title: string): ToolCall => ({
    toolCallId,
    title: plainText(title),
    kind: "other",
    status: "in_progress",
  });
  const pause = pauseCard(run);
  if (pause !== undefined) return pause;
  if (retry) return card(`retry-${retry.at}`, `${retry.error.message} ${retryWords(retry, now)}`);
  if (stall)
    return card(`stall-${stall.since}`, "Nothing comes from the model. Rein keeps waiting.");
  return connecting && card(`connecting-${connecting.since}`, "Waiting for a free connection.");
}
