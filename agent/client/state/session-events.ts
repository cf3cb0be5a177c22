/** What the streams of an open session bring: applied to the session or the side bar, and told to the person. */
import { type Accessor, createSignal } from "solid-js";
import { isBranchHere } from "../../shared/branches";
import type { Session, SessionEvent } from "../../shared/protocol";
import { createEventBuffer } from "./event-buffer";
import type { PageParts, SessionCore } from "./session-core";
import type { RowEvent } from "./session-pages";
import { dropWaitingUploads } from "./upload-slots";
import type { Frame } from "../../sdk/create-rein";
import { t } from "../../shared/translation";

export interface SessionEvents {
  take: (frame: Frame) => void;
  /** Applies what is waiting, before the last event that is known is named to the server. */
  flush: () => void;
  /** An event could not be applied, or shows a branch of which not all is here, and the whole session has not come since. */
  isIncomplete: () => boolean;
  /** Counts from one how often the session was read, again after it was incomplete. */
  reading: Accessor<number>;
}

export interface SessionEventsOptions {
  /** A new session got its id. */
  onNamed: (id: string) => void;
  /** A run was stopped just now; without a time when that is unknown. */
  onStopped: (settledMs: number | undefined) => void;
  /** The session has become incomplete: it has to be read anew. */
  onIncomplete: () => void;
}

/** An event older than this is history that is being caught up with, not news. */
const newsMs = 10_000;

export function createSessionEvents(
  core: SessionCore,
  { list, undelivered, storage, changes, notices }: PageParts,
  { onNamed, onStopped, onIncomplete }: SessionEventsOptions,
): SessionEvents {
  const buffer = createEventBuffer(core.setSession, onApplied, onFailed);
  let isIncomplete = false;
  const [reading, setReading] = createSignal(1);

  function take(frame: Frame): void {
    if ("seq" in frame) buffer.push(frame);
    else if (frame.type === "storage-changed") storage.set(frame);
    else if (frame.type === "memory-changed" || frame.type === "schedules-changed")
      changes.take(frame);
    else if (frame.type === "uploads-stopped") dropWaitingUploads(frame.sessionId);
    else if (frame.type === "session-changed" || frame.type === "session-removed") {
      list.apply(frame);
      checkOpen(frame);
    }
  }

  /** The open one may be deleted, and brought back: meanwhile its page follows the list alone. */
  function checkOpen(frame: RowEvent): void {
    const isOpen = core.id() !== undefined && idOf(frame) === core.id();
    if (!isOpen) return;
    if (frame.type === "session-removed") core.setPhase("missing");
    else if (core.phase() === "missing") {
      core.setPhase("loading");
      readAnew();
    }
  }

  function onApplied(events: SessionEvent[]): void {
    for (const event of events) {
      if (event.type === "snapshot") onSnapshot(event.session);
      if (event.type === "branch-change" || event.type === "run-start") checkBranch();
      if (event.type === "tool-end") undelivered.remove(event.partId);
      if (event.type === "run-end") {
        undelivered.removeRun(event.runId);
        const isNews = Math.abs(Date.now() - event.at) < newsMs;
        if (event.outcome === "stopped" && isNews) onStopped(event.receipt?.settledMs);
      }
    }
  }

  /** A page has the messages of the branch that it was shown, and of another one perhaps not. */
  function checkBranch(): void {
    if (!isBranchHere(core.session)) readAnew();
  }

  function onFailed(error: unknown): void {
    console.error("An event could not be applied to the session:", error);
    if (isIncomplete) return;
    notices.toast(t("The session is read anew: a bug of Rein"), undefined, "failed-event");
    readAnew();
  }

  function readAnew(): void {
    if (isIncomplete) return;
    isIncomplete = true;
    // Not within what reads the stream that this closes.
    queueMicrotask(onIncomplete);
  }

  function onSnapshot({ id, runs }: Session): void {
    if (isIncomplete) setReading((count) => count + 1);
    isIncomplete = false;
    core.setPhase("open");
    // A stop that waits may be out of date: its run has ended while the server could not be reached.
    for (const run of runs) if (run.outcome !== undefined) undelivered.removeRun(run.id);
    if (core.id() !== undefined) return;
    core.setNewId(id);
    onNamed(id);
  }

  function idOf(frame: RowEvent): string {
    return frame.type === "session-removed" ? frame.id : frame.summary.id;
  }

  return { take, flush: buffer.flush, isIncomplete: () => isIncomplete, reading };
}
