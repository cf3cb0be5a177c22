/** What the events of a run change: its state, its limits, its end, the retries in it, and the hooks after it. */
import type { EventBody, Session } from "../protocol";
import { findRun, findToolCall } from "../session-lookup";
import { applyHook } from "./hook-events";
import { dropDoneTodo, stopTodo } from "./todo-events";

type RunStart = Extract<EventBody, { type: "run-start" | "branch-change" }>;
type RetryEvent = Extract<EventBody, { type: `retry-${"start" | "end"}` }>;
type RunEvent = Extract<
  EventBody,
  {
    type: `run-${"pause" | "near" | "stall" | "connecting" | "starting" | "unpriced" | "stopping" | "end" | "changes" | "receipt" | "hook"}`;
  }
>;

/** Of the reducer: only `apply` calls it. */
export function applyToRuns(session: Session, event: RunStart | RunEvent | RetryEvent): void {
  switch (event.type) {
    case "run-start":
      session.runs.push(event.run);
      delete session.tip;
      delete session.archivedAt;
      dropDoneTodo(session);
      session.updatedAt = event.run.startedAt;
      return;
    case "branch-change":
      if (event.tip === session.runs.at(-1)?.id) delete session.tip;
      else session.tip = event.tip;
      if (event.context) session.context = event.context;
      session.updatedAt = event.at;
      return;
    case "retry-start":
    case "retry-end":
      return applyRetry(session, event);
    default:
      applyToRun(session, event);
  }
}

function applyToRun(session: Session, event: RunEvent): void {
  const run = findRun(session, event.runId);
  if (run === undefined) return;
  if (event.type === "run-changes") {
    run.changes = event.changes;
    return;
  }
  if (event.type === "run-receipt") {
    run.receipt = event.receipt;
    return;
  }
  if (event.type === "run-hook") return applyHook(run, event.hook);
  if (run.state === "settled") return;
  switch (event.type) {
    case "run-pause":
      if (event.heldMs !== undefined) run.heldMs = event.heldMs;
      if (event.agreed !== undefined) run.agreed = event.agreed;
      if (event.pause === undefined) delete run.pause;
      else if (run.state !== "stopping") run.pause = event.pause;
      return;
    case "run-near":
      if (event.near === undefined) delete run.near;
      else run.near = event.near;
      return;
    case "run-stall":
      if (event.stall === undefined) delete run.stall;
      else if (run.state !== "stopping") run.stall = event.stall;
      return;
    case "run-connecting":
      if (event.connecting === undefined) delete run.connecting;
      else if (run.state !== "stopping") run.connecting = event.connecting;
      return;
    case "run-starting":
      if (event.starting === undefined) delete run.starting;
      else if (run.state !== "stopping") run.starting = event.starting;
      return;
    case "run-unpriced": {
      const { provider, model, usdPerMillion, statesCost } = event;
      const unpriced = { provider, model, usdPerMillion, ...(statesCost && { statesCost }) };
      run.unpriced = [...(run.unpriced ?? []), unpriced];
      return;
    }
    case "run-stopping":
      delete run.stall;
      delete run.connecting;
      delete run.starting;
      run.state = "stopping";
      delete run.pause;
      run.stop ??= event.stop;
      return;
    case "run-end":
      run.state = "settled";
      run.outcome = event.outcome;
      run.endedAt = event.at;
      run.usage = event.usage;
      if (event.error) run.error = event.error;
      if (event.receipt) run.receipt = event.receipt;
      if (event.changes) run.changes = event.changes;
      delete run.retry;
      delete run.pause;
      delete run.near;
      delete run.stall;
      delete run.connecting;
      delete run.starting;
      stopTodo(session);
      session.updatedAt = event.at;
  }
}

function applyRetry(session: Session, event: RetryEvent): void {
  const holder =
    event.agentId === undefined
      ? findRun(session, event.runId)
      : findToolCall(session, event.agentId)?.subagent;
  if (holder === undefined) return;
  if (event.type === "retry-start") holder.retry = event.retry;
  else delete holder.retry;
}
