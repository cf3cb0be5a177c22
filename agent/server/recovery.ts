/** After a crash of the server: what it cut is settled, marked and kept. */
import { isOutcome } from "../shared/protocol";
import type { Message, Run, Stop } from "../shared/protocol";
import { newId } from "./id";
import type { LiveSession } from "./live";
import { makeReceipt, momentOf, toolCalls } from "./receipt";
import { notYet } from "./undo/told";

/** Marks a run that no process carries any more as stopped by the crash, with everything it left open. */
export function settleCut(live: LiveSession, run: Run): void {
  const stop: Stop = { by: "crash", from: "server", askedAt: Date.now() };
  const moment = momentOf(live.session, run);
  live.emit({ type: "run-stopping", runId: run.id, stop: { ...stop, point: moment.point } });
  for (const message of live.session.messages) {
    if (message.runId !== run.id) continue;
    for (const call of toolCalls(message))
      for (const inner of call.subagent?.messages ?? []) closeMessage(live, inner, stop, call.id);
    closeMessage(live, message, stop);
  }
  const receipt = makeReceipt(live.session, run, moment, []);
  const end = { outcome: "stopped" as const, usage: run.usage, receipt, changes: notYet };
  live.emit({ type: "run-end", runId: run.id, at: Date.now(), ...end });
}

function closeMessage(live: LiveSession, message: Message, stop: Stop, agentId?: string): void {
  if (message.role !== "assistant" || message.outcome) return;
  const at = { messageId: message.id, ...(agentId !== undefined && { agentId }) };
  const end = { at: stop.askedAt, outcome: "stopped" as const, stop };
  for (const call of toolCalls(message))
    if (!isOutcome(call.state)) live.emit({ type: "tool-end", ...at, partId: call.id, ...end });
  live.emit({ type: "part-start", ...at, part: { type: "interruption", id: newId(), stop } });
  live.emit({ type: "message-end", ...at, outcome: "stopped" });
}
