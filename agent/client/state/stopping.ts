/** Stops what is named, marks it in the same frame, and never lets an undelivered stop go unseen. */
import { createStore } from "solid-js/store";
import type { StopAnswer } from "../../shared/protocol";
import { api, patience, wordsFor } from "./api-client";
import type { ChatLine } from "./chat-answer";
import type { Follow } from "./follow-stream";
import type { Notices } from "./notice-store";

/** The run alone, or one subagent or tool call of it. */
export interface StopTarget {
  runId: string;
  subagentId?: string;
  toolCallId?: string;
}

export interface Stops {
  stop: (target: StopTarget) => void;
  /** Whether a stop of the run, subagent or tool call with this id is under way. */
  isStopping: (id: string) => boolean;
}

export interface StopOptions {
  sessionId(): string | undefined;
  chat: ChatLine;
  follow: Follow;
  notices: Notices;
  /** Whether the server itself has said that this run is stopping or over. */
  isConfirmed(target: StopTarget): boolean;
}

/** How long a stop may take to settle before its delivery is in doubt. */
const settleTimeoutMs = 20_000;
/** A fetch whose end would itself stop the run is closed only after the stop by name has had this long. */
const lifelineMs = 150;

export function createStops(options: StopOptions): Stops {
  const { chat, follow, notices } = options;
  const [marks, setMarks] = createStore<Record<string, boolean>>({});

  function stop(target: StopTarget): void {
    const id = idOf(target);
    if (marks[id]) return;
    setMarks(id, true);
    notices.dismiss(id);
    void deliver(target, id);
  }

  async function deliver(target: StopTarget, id: string): Promise<void> {
    try {
      const answer = await post(target);
      if (answer?.stopped === false) setMarks(id, false);
    } catch (error) {
      if (options.isConfirmed(target)) return;
      setMarks(id, false);
      notices.keep({
        id,
        text: "The stop could not be delivered",
        detail: wordsFor(error),
        action: { label: "Try again", run: () => stop(target) },
      });
    }
  }

  /**
   * Frees this tab's connection before it asks for another: a browser opens only six, and with six tabs at work
   * the stop would wait behind them.
   */
  function post(target: StopTarget): Promise<StopAnswer | undefined> {
    const own = chat.current();
    const sessionId = options.sessionId();
    if (sessionId === undefined || (own !== undefined && !own.heard)) return byName(target);
    if (own?.lifeline) return throughLifeline(sessionId, target, own.close);
    if (own !== undefined) own.close();
    else follow.pause();
    const answering = api.stopSession(sessionId, target, patience(settleTimeoutMs));
    follow.start();
    return answering;
  }

  async function byName(target: StopTarget): Promise<undefined> {
    await api.stopRun(target.runId, patience(settleTimeoutMs));
  }

  /** The stop must arrive before the lost connection does, or the server would take it for one. */
  async function throughLifeline(
    sessionId: string,
    target: StopTarget,
    close: () => void,
  ): Promise<StopAnswer> {
    const answering = api.stopSession(sessionId, target, patience(settleTimeoutMs));
    const isWholeRun = idOf(target) === target.runId;
    const timer = isWholeRun ? setTimeout(close, lifelineMs) : undefined;
    const answer = await answering;
    clearTimeout(timer);
    if (isWholeRun) close();
    return answer;
  }

  return { stop, isStopping: (id) => marks[id] === true };
}

function idOf(target: StopTarget): string {
  return target.toolCallId ?? target.subagentId ?? target.runId;
}
