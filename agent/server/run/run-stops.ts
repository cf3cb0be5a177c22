/** What stops reach: a session's run or a part of it, a run by its name alone, all runs; and what still comes, or follows a run. */
import { defined } from "../../shared/defined";
import type { Asker, Stop, StopAnswer } from "../../shared/protocol";
import { findRun } from "../../shared/session-lookup";
import { roleIn } from "../../shared/session-roles";
import { keepQueue } from "../session/message-queue";
import type { ActiveRun } from "./active-run";
import type { ActiveRuns } from "./active-runs";
import type { EarlyStops } from "./early-stops";
import type { RunParts } from "./run-types";
import type { SessionTitles } from "./session-titles";

const overWords = "The run was over; its hooks are stopped.";
const comingWords = "What was still read for a message is cut, and its run begins stopped.";

/** Where runs are found, and what comes before them. */
interface StoppedRuns {
  active: ActiveRuns;
  earlyStops: EarlyStops;
  sessionOfRun(runId: string): string | undefined;
}

export class RunStops {
  readonly #parts: RunParts;
  readonly #runs: StoppedRuns;
  readonly #titles: SessionTitles;

  constructor(parts: RunParts, runs: StoppedRuns, titles: SessionTitles) {
    this.#parts = parts;
    this.#runs = runs;
    this.#titles = titles;
  }

  /**
   * Stops the session's run, or one tool call or subagent of it. Resolves when that has settled.
   * Any number of stops are one. What is not running is not affected, nor is any other run than the one named. Hooks after
   * a run that is over are ended too.
   */
  async stop(
    sessionId: string,
    named: { runId?: string; subagentId?: string; toolCallId?: string; hard?: boolean },
    stop: Stop,
  ): Promise<StopAnswer> {
    const { runHooks } = this.#parts;
    const { active: runs, earlyStops } = this.#runs;
    const current = runs.ofSession(sessionId);
    const next = current?.waiting.at(-1);
    const partId = named.toolCallId ?? named.subagentId;
    if (partId === undefined) this.#titles.endSession(sessionId);
    const { runId } = named;
    const hooks = partId === undefined ? runHooks.stop({ sessionId, runId }, stop, named.hard) : 0;
    const stopsComing =
      partId === undefined && earlyStops.stopComing({ sessionId, ...defined({ runId }) }, stop);
    const stopsNext =
      named.runId === next?.runId || (named.runId === undefined && partId === undefined);
    if (next !== undefined && stopsNext) earlyStops.add(next.runId, stop);
    if (current !== undefined && runId !== undefined)
      keepQueue(current.live, ({ id }) => id === runId);
    const active = runs.find(sessionId, named.runId);
    if (typeof active === "string") {
      const over = (await hooks) > 0 ? overWords : active;
      return { stopped: false, message: stopsComing ? comingWords : over };
    }
    if (partId !== undefined) return active.stopPart(partId, stop, named.hard === true);
    active.abort(stop);
    if (named.hard) active.stopHard();
    const [answer] = await Promise.all([active.settled, hooks]);
    return answer;
  }

  /**
   * Stops a run by its name alone: in whichever session it is, or as soon as its message comes. `asker`: only where they may
   * see it.
   */
  async stopRun(runId: string, stop: Stop, asker: Asker): Promise<StopAnswer> {
    const sessionId = this.#runs.sessionOfRun(runId);
    const session =
      sessionId === undefined ? undefined : this.#parts.sessions.getReadable(sessionId)?.session;
    if (session === undefined || roleIn(asker, session, Date.now()) !== undefined) {
      this.#titles.endRun(runId);
      if (sessionId !== undefined) return this.stop(sessionId, { runId }, stop);
    }
    this.#runs.earlyStops.add(runId, stop, asker.role === "admin" ? undefined : asker);
    return { stopped: false, message: `Run ${runId} is not running; if it comes, it is refused.` };
  }

  /** Stops everything on this server; with `before`, only the runs that began before this time. */
  async stopAll(stop: Stop, before?: number): Promise<StopAnswer[]> {
    const affected = this.#runs.active.all.filter(
      ({ live, id }) =>
        before === undefined || (findRun(live.session, id)?.startedAt ?? 0) < before,
    );
    const named = (active: ActiveRun) => (before === undefined ? {} : { runId: active.id });
    if (before === undefined) this.#runs.earlyStops.stopComing({}, stop);
    this.#titles.endAll();
    const hooks = before === undefined ? this.#parts.runHooks.stop({}, stop) : undefined;
    const answers = affected.map((active) =>
      this.stop(active.live.session.id, named(active), stop),
    );
    await hooks;
    return Promise.all(answers);
  }
}
