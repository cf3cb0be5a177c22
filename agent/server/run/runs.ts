/** The one owner of all runs, one at a time in each session: start, pause, settle, and what is sent next. Stops are in run-stops. */
import { followed } from "../../shared/branches";
import { defined } from "../../shared/defined";
import type {
  DraftAnswer,
  Message,
  Pause,
  PauseAnswer,
  QueuedMessage,
  ReviewFile,
  Run,
  Stop,
  StopFrom,
} from "../../shared/protocol";
import { ActiveRun } from "./active-run";
import { ActiveRuns } from "./active-runs";
import { startRunHooks } from "./after-run";
import type { RunEnd, RunParts, Sending } from "./run-types";
import type { LiveSession } from "../session/live-session";
import {
  changed,
  changeQueued,
  enqueue,
  keepQueue,
  type QueueChange,
  type QueuedContent,
  queuedForm,
  takeNext,
  takeQueued,
} from "../session/message-queue";
import { draftMessage } from "./commit-drafts";
import { EarlyStops } from "./early-stops";
import { firstMessage, newRun, queuedContent, queuedSending } from "./sending";
import type { HoldReason } from "./run-pauses";
import { recoverRuns, type RunNames } from "./recovery";
import { RunStops } from "./run-stops";
import { SessionTitles } from "./session-titles";
import { log } from "../log";

/*
   start ──► running ⇄ waiting ──────────────► settled     Stopping is absorbing. The first reason stays: it is the
                 │ ⇅ pausing, paused              ▲        reason of the run's one AbortSignal. A pause is no state of
                 └──► stopping ───────────────────┘        its own: it holds a run that is running or waiting.

   settled, done ──► the queue's next    settled, a message waits ──► that (it interrupted, or came behind the stop)
   settled, stopped, failed or paused ──► nothing: the queue is kept
   settled, done, and nothing follows ──► perhaps a title is asked for, until something begins here or is stopped
*/

const unsharedHold =
  "It continues by itself as soon as the database that the machines share answers. Until then it can be stopped.";

export class Runs {
  readonly active = new ActiveRuns();
  readonly earlyStops = new EarlyStops();
  readonly stops: RunStops;
  readonly #parts: RunParts;
  readonly #titles: SessionTitles;
  readonly #holds = new Set<HoldReason>();
  #closed: Stop | undefined;

  constructor(parts: RunParts) {
    this.#parts = parts;
    this.#titles = new SessionTitles(parts);
    this.stops = new RunStops(parts, this, this.#titles);
    parts.sessions.onFull = (isFull) => this.hold("unsaved", isFull);
  }

  /** The session that has a run of this id, or a message that is to become it. Throws what SQLite throws. */
  sessionOfRun(runId: string): string | undefined {
    return this.active.sessionOfWaiting(runId) ?? this.#parts.sessions.sessionOfRun(runId);
  }

  /**
   * Accepts a message: the run and its controller exist when this returns. The session must have no active run.
   * A run that was stopped before its message came starts stopped, and the session keeps the message.
   */
  start(live: LiveSession, sending: Sending): void {
    const { runId, retryOf, limits, unattended, user } = sending;
    const first = firstMessage(sending, live.session, this.#parts.engines);
    this.#begin(
      live,
      {
        ...newRun(runId, followed(live.session, retryOf)),
        ...defined({ user, limits, unattended }),
      },
      first,
    );
  }

  /** Sums up the conversation so far, in a run of its own, which stops like any other. The session must have no active run. */
  compact(live: LiveSession, runId: string, user?: string): void {
    const run = newRun(runId, followed(live.session));
    this.#begin(live, { ...run, ...defined({ user }), sumsUp: true });
  }

  /**
   * Stops what runs, and starts this message in the tick in which that has settled: no other comes in between.
   * The queue goes on after it. Behind a message that waits already, and that no stop has reached, it is queued.
   */
  interrupt(live: LiveSession, sending: Sending, stop: Stop): void {
    const active = this.active.ofSession(live.session.id);
    if (active === undefined) return this.start(live, sending);
    const before = active.waiting.at(-1);
    if (before === undefined || this.earlyStops.get(before.runId, live.session))
      active.interrupt(sending, stop);
    else enqueue(live, queuedContent(sending), "run");
  }

  /**
   * Queues a message. When nothing runs it is sent at once, unless the last run was stopped or failed: then it is kept
   * until a person sends it.
   */
  queue(live: LiveSession, message: QueuedContent, waitsFor: QueuedMessage["waitsFor"]): void {
    const active = this.active.ofSession(live.session.id);
    const last = live.session.runs.at(-1)?.outcome ?? "done";
    if (active === undefined && last === "done") return this.start(live, queuedSending(message));
    const isStopped = this.earlyStops.take(message.id, live.session) !== undefined;
    enqueue(live, message, active && !active.isStopping && !isStopped ? waitsFor : "person");
    if (waitsFor === "turn") active?.noteQueued();
  }

  /** Changes a waiting message; when nothing runs, `waitsFor` sends it at once. False when it waits no longer. */
  changeQueued(live: LiveSession, id: string, change: QueueChange): boolean {
    const active = this.active.ofSession(live.session.id);
    if (active === undefined && change.waitsFor !== undefined) {
      const message = takeQueued(live, id);
      if (message)
        this.start(
          live,
          queuedSending({ ...changed(message, change), ...defined({ files: change.files }) }),
        );
      return message !== undefined;
    }
    const { waitsFor: _waitsFor, ...rest } = change;
    const isQueued = changeQueued(live, id, active?.isStopping ? rest : change);
    if (change.waitsFor === "turn") active?.noteQueued();
    return isQueued;
  }

  /**
   * Pauses the run at its next safe point, its subagents too; a running tool goes on, and its result waits. With `cut`
   * the part that the model is writing is cut. Any number of pauses are one.
   */
  pause(sessionId: string, named: { runId?: string; cut: boolean }, from: StopFrom): PauseAnswer {
    const active = this.active.find(sessionId, named.runId);
    if (typeof active === "string") return { held: false, message: active };
    if (active.isAborted) return { held: false, message: "It is being stopped." };
    return { held: true, pause: active.pauses.pause({ from, askedAt: Date.now() }, named.cut) };
  }

  /**
   * Continues a paused run exactly where it halted; at a limit, `by` is how much more it may use. Throws StoreFullError
   * when what it did could not even be held in memory.
   */
  resume(sessionId: string, named: { runId?: string; by?: number }): PauseAnswer {
    const active = this.active.find(sessionId, named.runId);
    if (typeof active === "string") return { held: false, message: active };
    if (!active.pauseGate.isClosed) return { held: false, message: "It is not paused." };
    this.#parts.sessions.refuseWhenFull();
    // A server that shuts down leaves paused runs to the next one.
    if (this.#closed) return { held: false, message: "The server is shutting down." };
    if (this.#holds.has("unshared") && active.pauses.isHeld("unshared"))
      return { held: false, message: unsharedHold };
    active.pauses.resume(named.by);
    return { held: false, message: "It continues." };
  }

  /** Sends anew what waits: model requests that have stalled, and those in a countdown. False when there is none. */
  askAgain(sessionId: string, runId: string | undefined): boolean {
    const active = this.active.find(sessionId, runId);
    return typeof active !== "string" && active.waits.askAgain();
  }

  /**
   * Stops every run that is not paused, and each that still comes; paused ones stay so for the next server, but for those of
   * engines, which end with this one.
   */
  async close(stop: Stop): Promise<void> {
    this.#closed = stop;
    this.earlyStops.stopComing({}, stop);
    const affected = this.active.all.filter(
      ({ pauses, live }) => !pauses.isPaused || live.session.engine,
    );
    const stopped = affected.map((active) => this.stops.stop(active.live.session.id, {}, stop));
    await Promise.all([...stopped, this.#titles.close(), this.#parts.runHooks.stop({}, stop)]);
  }

  /** As `draftMessage`: a message for a commit of these files. */
  draftCommit(
    live: LiveSession,
    readFiles: (signal: AbortSignal) => Promise<ReviewFile[]>,
    signal: AbortSignal,
  ): Promise<DraftAnswer> {
    return draftMessage(this.#parts, this.#titles, live, readFiles, signal);
  }

  /** A person has named the session: no model needs to. */
  keepTitle(sessionId: string): void {
    this.#titles.endSession(sessionId);
  }

  /**
   * While one of the reasons holds, every run pauses as soon as it can, and one that begins waits with its message; then each
   * continues by itself.
   */
  hold(reason: HoldReason, holds: boolean): void {
    if (holds) this.#holds.add(reason);
    else this.#holds.delete(reason);
    for (const { pauses } of this.active.all) {
      if (!holds) pauses.release(reason);
      for (const other of this.#holds) pauses.hold(other);
    }
  }

  /**
   * Takes over paused runs of an earlier server, still paused, and settles those that a crash of it cut. What is seen of their
   * processes comes into the receipts, and into those of runs that other machines have settled meanwhile.
   */
  recover(settledByOthers: readonly RunNames[] = []): void {
    const takeOver = (live: LiveSession, run: Run, pause: Pause) => {
      const active = this.#open(live, run);
      active.pauses.pause(pause, false);
      this.#drive(active);
    };
    recoverRuns(this.#parts, takeOver, settledByOthers);
  }

  #begin(live: LiveSession, run: Run, first?: Message): void {
    const { session } = live;
    if (this.active.ofSession(session.id))
      throw new Error(`Session ${session.id} has an active run`);
    this.#titles.makeWay(session);
    const active = this.#open(live, run);
    live.emit({ type: "run-start", sessionId: session.id, run });
    if (first) live.emit({ type: "message-start", message: first });
    const stop = this.earlyStops.take(run.id, session) ?? this.#closed;
    if (stop) active.abort(stop);
    for (const reason of this.#reasonsToHold) active.pauses.hold(reason);
    this.#drive(active);
  }

  /** That the store is full is known before `hold` is called. */
  get #reasonsToHold(): Set<HoldReason> {
    return this.#parts.sessions.isFull ? new Set([...this.#holds, "unsaved"]) : this.#holds;
  }

  #open(live: LiveSession, run: Run): ActiveRun {
    const active = new ActiveRun(this.#parts, live, run, () => this.#titles.endAll());
    this.active.add(active);
    return active;
  }

  #drive(active: ActiveRun): void {
    const names = { sessionId: active.live.session.id, runId: active.id };
    active
      .drive()
      .then((end) => this.#settle(active, end))
      .catch((err: unknown) =>
        log.error({ err, ...names }, "The end of a run could not be emitted"),
      );
  }

  /** All of it in one tick: no message and no stop comes between the end of a run and what is sent next. */
  #settle(active: ActiveRun, end: RunEnd): void {
    const { live, pauseGate } = active;
    const [next, ...others] = active.waiting;
    this.active.remove(active);
    const mayGoOn = end.outcome === "done" && !pauseGate.isClosed && this.#closed === undefined;
    try {
      if (next === undefined && !mayGoOn) keepQueue(live);
    } finally {
      active.settle(end);
    }
    // A server that shuts down begins nothing.
    if (!this.#closed) startRunHooks(this.#parts, live, active.id, end);
    if (next === undefined) {
      const queued = takeNext(live);
      if (queued) this.start(live, queuedSending(queued));
      else if (mayGoOn) this.#titles.ask(live, active.id);
      return;
    }
    const stop = this.earlyStops.get(next.runId, live.session);
    live.noteWaiting(others.map((one) => queuedForm(queuedContent(one), "person")));
    this.start(live, next);
    for (const one of others)
      if (stop) this.interrupt(live, one, stop);
      else enqueue(live, queuedContent(one), "run");
  }
}
