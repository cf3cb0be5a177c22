/** Stops what is named: marks it in the same frame, delivers the stop, and says so when that has failed. */
import { createStore } from "solid-js/store";
import type { StopAnswer } from "../../shared/protocol";
import { api, requestTimeout, wordsFor } from "./api-client";
import type { ChatAnswer } from "./chat-answer";
import type { Notices } from "./notice-store";
import type { SessionConnection } from "./session-connection";

/** The run alone, or one subagent or tool call of it. */
export interface StopTarget {
  runId: string;
  subagentId?: string;
  toolCallId?: string;
}

export interface Stopping {
  stopPart: (target: StopTarget) => void;
  /** Whether a stop of the run, subagent or tool call with this id is under way. */
  isStopping: (id: string) => boolean;
}

export interface StoppingOptions {
  sessionId: () => string | undefined;
  connection: SessionConnection;
  notices: Notices;
  /** Whether the server itself has said that this is stopping or over. */
  isConfirmed: (target: StopTarget) => boolean;
}

/** How long a stop may take to settle before its delivery is in doubt. */
const settleTimeoutMs = 20_000;
/** An answer whose end would stop the run is closed only after the stop by name has had this long to arrive. */
const headStartMs = 150;

export function createStopping(options: StoppingOptions): Stopping {
  const [marks, setMarks] = createStore<Record<string, boolean>>({});

  function stopPart(target: StopTarget): void {
    const id = idOf(target);
    if (marks[id]) return;
    setMarks(id, true);
    options.notices.dismiss(id);
    void deliver(target, id);
  }

  async function deliver(target: StopTarget, id: string): Promise<void> {
    try {
      const answer = await post(target, options);
      if (answer?.stopped === false) setMarks(id, false);
    } catch (error) {
      if (options.isConfirmed(target)) return;
      setMarks(id, false);
      options.notices.keep({
        id,
        text: "The stop could not be delivered",
        detail: wordsFor(error),
        action: { label: "Try again", run: () => stopPart(target) },
      });
    }
  }

  return { stopPart, isStopping: (id) => marks[id] === true };
}

/**
 * Frees this tab's connection before it asks for another: a browser opens only six, and with six tabs at work
 * the stop would wait behind them.
 */
async function post(
  target: StopTarget,
  { sessionId, connection }: StoppingOptions,
): Promise<StopAnswer | undefined> {
  const id = sessionId();
  const answer = connection.answer();
  if (id === undefined || connection.state().name === "sending") {
    // The server may not know the session yet. It knows the run by its name, also when that comes later.
    await api.stopRun(target.runId, requestTimeout(settleTimeoutMs));
    return undefined;
  }
  const stop = () => api.stopSession(id, target, requestTimeout(settleTimeoutMs));
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
