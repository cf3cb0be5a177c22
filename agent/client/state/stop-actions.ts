/** What a person can do to stop the active run or a part of it, and how far that is. */
import type { Accessor } from "solid-js";
import { isOutcome, type Session } from "../../shared/protocol";
import { findRun, findToolCall } from "../../shared/session-lookup";
import { createRunStage, type RunStage } from "./run-stage";
import type { SessionConnection } from "./session-connection";
import type { PageParts, SessionCore } from "./session-core";
import { type Confirmation, createConfirmation } from "./stop-confirmation";
import { createStopping, type Stopping, type StopTarget } from "./stopping";
import { tn } from "../../shared/translation";

export interface StopActions extends Stopping, Pick<RunStage, "stage" | "lastStopMs"> {
  confirmation: Confirmation;
  /** Stops the run that is active, after asking where the person wants that, and what is uploaded; without a run, that alone. */
  stop: () => void;
  /** While it is stopping: gives its processes no more time to clean up. */
  stopHard: () => void;
  /** The stop of the active run waits for the server: asking for it again sends it at once. */
  isUndelivered: Accessor<boolean>;
}

export interface StopActionsOptions {
  connection: SessionConnection;
  activeRunId: Accessor<string | undefined>;
}

export interface StopReports {
  /** A run was stopped just now. */
  onStopped: (settledMs: number | undefined) => void;
  /** A new message is sent: the last stop is not shown any longer. */
  forget: () => void;
}

/** Of the first words of a new session. */
const maxTitle = 80;

export function createStopActions(
  { id, session, attached }: SessionCore,
  { preferences, undelivered, notices }: PageParts,
  { connection, activeRunId }: StopActionsOptions,
): StopActions & StopReports {
  const { stopPart, isStopping, isUnshared } = createStopping({
    sessionId: id,
    title: () => session.title || (connection.answer()?.text.slice(0, maxTitle) ?? ""),
    connection,
    undelivered,
    isConfirmed: (target) => isConfirmed(session, target),
  });
  const confirmation = createConfirmation(session, preferences);
  const { stage, lastStopMs, showStopped, forget } = createRunStage(
    activeRunId,
    (runId) => isStopping(runId) || findRun(session, runId)?.state === "stopping",
  );

  function isUndelivered(): boolean {
    return stage() === "running" && undelivered.has(activeRunId() ?? "");
  }

  function stop(): void {
    const runId = activeRunId();
    if (runId === undefined) return stopUploads();
    if (stage() === "stopping" || !(isUndelivered() || confirmation.confirm())) return;
    attached.stop();
    stopPart({ runId });
  }

  function stopUploads(): void {
    const count = attached.stop();
    if (count > 0)
      notices.toast(
        tn(count, "{count} upload cancelled", "{count} uploads cancelled"),
        undefined,
        "uploads",
      );
  }

  function stopHard(): void {
    const runId = activeRunId();
    if (runId !== undefined) stopPart({ runId, hard: true });
  }

  function onStopped(settledMs: number | undefined): void {
    // Seen in the receipt, and announced to screen readers.
    showStopped(settledMs ?? 0);
  }

  return {
    stage,
    lastStopMs,
    confirmation,
    stop,
    stopHard,
    isUndelivered,
    stopPart,
    isStopping,
    isUnshared,
    onStopped,
    forget,
  };
}

function isConfirmed(session: Session, target: StopTarget): boolean {
  const part = findToolCall(session, target.toolCallId ?? target.subagentId ?? "");
  if (part !== undefined) return isOutcome(part.state);
  const state = findRun(session, target.runId)?.state;
  return state === "settled" || (state === "stopping" && !target.hard);
}
