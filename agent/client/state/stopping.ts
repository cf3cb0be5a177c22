/** Stops what is named: marks it in the same frame and delivers the stop; one that fails waits for the server. */
import { createStore } from "solid-js/store";
import type { StopAnswer } from "../../shared/protocol";
import { api, requestTimeout } from "./api-client";
import type { ChatAnswer } from "./chat-answer";
import type { SessionConnection } from "./session-connection";
import type { WaitingStop } from "./stored-stops";
import { isGone, stopByName, type UndeliveredStops } from "./undelivered-stops";

/** The run alone, or one subagent or tool call of it. */
export interface StopTarget {
  runId: string;
  subagentId?: string;
  toolCallId?: string;
  /** Its processes get no time to clean up. */
  hard?: true;
}

export interface Stopping {
  /** Stops it. A stop that waits for the server is sent again at once. */
  stopPart: (target: StopTarget) => void;
  /** Whether a stop of the run, subagent or tool call with this id is under way. One that waits for the server is not. */
  isStopping: (id: string) => boolean;
  /** The end of this run, which this window has stopped, was on the disk of its machine alone when the stop was answered. */
  isUnshared: (runId: string) => boolean;
}

export interface StoppingOptions {
  sessionId: () => string | undefined;
  /** Of the session, for the person. */
  title: () => string;
  connection: SessionConnection;
  undelivered: UndeliveredStops;
  /** Whether the server itself has said that this is stopping or over. */
  isConfirmed: (target: StopTarget) => boolean;
}

/** How long a stop may take to settle before its delivery is in doubt, when only its end shows that it has arrived. */
const settleTimeoutMs = 20_000;
/** The server says at once that a run is stopping. */
const confirmTimeoutMs = 3_000;
/** An answer whose end would stop the run is closed only after the stop by name has had this long to arrive. */
const headStartMs = 150;

export function createStopping(options: StoppingOptions): Stopping {
  const { undelivered } = options;
  const [marks, setMarks] = createStore<Record<string, boolean>>({});
  const [unshared, setUnshared] = createStore<Record<string, boolean>>({});

  function stopPart(target: StopTarget): void {
    const id = idOf(target);
    if (undelivered.has(id) && !target.hard) return undelivered.deliver();
    if (marks[id] && !target.hard) return;
    setMarks(id, true);
    void deliver(target, id);
  }

  async function deliver(target: StopTarget, id: string): Promise<void> {
    try {
      const answer = await post(target, options);
      if (answer?.stopped === false) setMarks(id, false);
      else if (answer?.unshared) setUnshared(answer.runId, true);
      undelivered.remove(id);
    } catch (error) {
      if (options.isConfirmed(target)) return;
      setMarks(id, false);
      if (!isGone(error)) undelivered.add(waitingStop(target, options), error);
    }
  }

  return {
    stopPart,
    isStopping: (id) => marks[id] === true,
    isUnshared: (runId) => unshared[runId] === true,
  };
}

function waitingStop(target: StopTarget, { sessionId, title }: StoppingOptions): WaitingStop {
  const [id, session] = [idOf(target), sessionId()];
  const stop = { id, runIds: [target.runId], title: title() };
  if (session === undefined) return { ...stop, kind: "run" };
  const named = { ...stop, sessionId: session };
  if (id === target.runId) return { ...named, kind: target.hard ? "hard" : "run" };
  return { ...named, kind: target.toolCallId ? "tool-call" : "subagent", partId: id };
}

/**
 * Frees this tab's connection before it asks for another: a browser opens only six, and with six tabs at work
 * the stop would wait behind them.
 */
async function post(
  target: StopTarget,
  { sessionId, connection, isConfirmed }: StoppingOptions,
): Promise<StopAnswer | undefined> {
  const id = sessionId();
  const isAwaited = idOf(target) !== target.runId || isConfirmed({ runId: target.runId });
  const timeout = requestTimeout(isAwaited ? settleTimeoutMs : confirmTimeoutMs);
  const answer = connection.answer();
  if (id === undefined || connection.state().name === "sending") {
    // The server may not know the session yet. It knows the run by its name, also when that comes later.
    await stopByName(target.runId, timeout);
    return undefined;
  }
  const stop = () => api.stopSession(id, target, timeout);
  if (target.hard) return stop();
  if (!answer?.endsRun) return connection.withFreeConnection(stop);
  return target.runId === idOf(target) ? stopBeforeClose(stop, answer, connection) : stop();
}

/** The stop must arrive before the answer's connection closes, or the server would take it for a lost connection. */
async function stopBeforeClose(
  stop: () => Promise<StopAnswer>,
  answer: ChatAnswer,
  connection: SessionConnection,
): Promise<StopAnswer> {
  const close = () => connection.closeStopped(answer);
  const answering = stop();
  const timer = setTimeout(close, headStartMs);
  const stopped = await answering;
  clearTimeout(timer);
  close();
  return stopped;
}

function idOf(target: StopTarget): string {
  return target.toolCallId ?? target.subagentId ?? target.runId;
}
