/** A run that has not settled: its one signal, what stops it, and how it ends. */
import { defined } from "../../shared/defined";
import { isOutcome } from "../../shared/protocol";
import type { LimitReached, Receipt, Run, Stop, StopAnswer } from "../../shared/protocol";
import { findRun } from "../../shared/session-lookup";
import { Scopes } from "../abort";
import type { ModelWaits } from "../agent/model-waits";
import type { PauseGate } from "../agent/pause-gate";
import type { TurnReport } from "../agent/engine-turn-types";
import type { EndedJob } from "../agent/tool-runner";
import type { LoopEnd } from "../agent/turn-types";
import { log } from "../log";
import type { LiveSession } from "../session/live-session";
import { keepQueue, queuedForm } from "../session/message-queue";
import { notYet } from "../undo/change-summary";
import type { RunWatch } from "../undo/undo";
import type { LimitWatch } from "./limit-watch";
import { RunChanges } from "./run-changes";
import { createLoop } from "./run-loops";
import { logLimit } from "./run-log";
import { findCall } from "./run-messages";
import { RunPauses } from "./run-pauses";
import { makeReceipt, withOwnEnd } from "./run-receipt";
import { watchLimits, watchWaits } from "./run-watches";
import type { LoopRun, RunEnd, RunParts, Sending } from "./run-types";
import { queuedContent } from "./sending";
import { recordClosedCall, type WorkAtStop, workAtStop } from "./work-at-stop";

export class ActiveRun implements LoopRun {
  readonly id: string;
  readonly live: LiveSession;
  readonly limits: LimitWatch;
  readonly pauses: RunPauses;
  readonly waits: ModelWaits;
  readonly jobEnds: EndedJob[] = [];
  engineReport?: TurnReport;
  readonly subagentReports = new Map<string, TurnReport>();
  endEngine: (() => Promise<void>) | undefined;
  /** Resolves when it has settled; never rejects. */
  readonly settled: Promise<StopAnswer>;
  readonly #parts: RunParts;
  readonly #answer: (answer: StopAnswer) => void;
  readonly #controller = new AbortController();
  readonly #hard = new AbortController();
  readonly scopes = new Scopes(this.#hard.signal);
  readonly #queuedListeners = new Set<() => void>();
  readonly #waiting: Sending[] = [];
  #workAtStop: WorkAtStop | undefined;
  /** Set by the stop: resolves when its background processes have ended, but for pinned ones. */
  #backgroundEnded: Promise<unknown> | undefined;
  /** Absent when it only sums up, which changes nothing. */
  readonly #changes: RunChanges | undefined;
  /** Nothing of it lives any more, and its outcome is fixed: only its changes are still being looked at. */
  #isOver = false;

  /** `needsConnection` is called when a request of it waits for a free connection. */
  constructor(
    parts: RunParts,
    live: LiveSession,
    { id, sumsUp }: Run,
    needsConnection: () => void,
  ) {
    const { promise, resolve } = Promise.withResolvers<StopAnswer>();
    this.id = id;
    this.live = live;
    this.settled = promise;
    this.#answer = resolve;
    this.#parts = parts;
    this.limits = watchLimits(parts, live, id, (reached) => this.#reachLimit(reached));
    this.pauses = new RunPauses(live, id, this.limits, this.#controller.signal);
    this.waits = watchWaits(parts, live, id, needsConnection);
    if (!sumsUp) {
      const watch = parts.undo.begin(live.session, id);
      this.#changes = new RunChanges(parts.sessions, watch, live.session.id, id);
    }
  }

  get watch(): RunWatch | undefined {
    return this.#changes?.watch;
  }

  get hardSignal(): AbortSignal {
    return this.#hard.signal;
  }

  onQueued(listener: () => void): Disposable {
    this.#queuedListeners.add(listener);
    return { [Symbol.dispose]: () => void this.#queuedListeners.delete(listener) };
  }

  /** A message was queued for the running model. */
  noteQueued(): void {
    for (const listener of this.#queuedListeners) listener();
  }

  get pauseGate(): PauseGate {
    return this.pauses.gate;
  }

  /** Messages that are sent as soon as this run has settled. A stop that came since counts for all but the last of them. */
  get waiting(): readonly Sending[] {
    return this.#waiting;
  }

  /** A message does not have to interrupt it: it is being stopped, or only its changes are still being looked at. */
  get isEnding(): boolean {
    return this.isAborted || this.#isOver;
  }

  get isAborted(): boolean {
    return this.#controller.signal.aborted;
  }

  /** It is being stopped, and no message waits for that. */
  get isStopping(): boolean {
    return this.isAborted && this.#waiting.length === 0;
  }

  /**
   * Stops it, and keeps the queue: what waits is sent only by a person. Of a run that is over only the queue is kept, and
   * what its engine has left running is ended until it has settled.
   */
  abort(stop: Stop): void {
    keepQueue(this.live);
    if (!this.#isOver || this.endEngine !== undefined) this.#abort(stop);
  }

  /** Stops it, and sends this message once it has settled. The queue goes on after that. */
  interrupt(next: Sending, stop: Stop): void {
    if (!this.#isOver) this.#abort(stop);
    this.#waiting.push(next);
    this.live.saveWaiting(this.#waiting.map((one) => queuedForm(queuedContent(one), "person")));
  }

  /** Kills its processes, or those of one call or subagent, at once, but for pinned ones; an engine gets no time to say it is idle. */
  stopHard(partId?: string): void {
    if (partId === undefined) this.#hard.abort();
    else this.scopes.stopHard(partId);
    const { jobs, background } = this.#parts;
    for (const job of jobs.list({ sessionId: this.live.session.id, runId: this.id })) {
      const { toolCallId, subagentId } = job.owner;
      const isMeant = partId === undefined || partId === toolCallId || partId === subagentId;
      if (isMeant && !background.isPinned(job)) job.stop("hard").catch(this.#logError);
    }
  }

  /** Stops one tool call or subagent; hard, its processes get no time to clean up. Resolves once it has settled. */
  async stopPart(id: string, stop: Stop, isHard: boolean): Promise<StopAnswer> {
    const settled = this.scopes.stop(id, stop);
    if (settled === undefined) return { stopped: false, message: `${id} is not running.` };
    if (isHard) this.stopHard(id);
    const owner = { runId: this.id, subagentId: id };
    await Promise.all([settled, this.#parts.background.stopOwned(owner, stop, "unpinned")]);
    const state = findCall(this.live.session, id)?.state;
    const outcome = state !== undefined && isOutcome(state) ? state : "stopped";
    return { stopped: true, runId: this.id, outcome, receipt: null };
  }

  /** Runs the loop to its end. Resolves when nothing of the run lives any more, with how it ended; never rejects. */
  async drive(): Promise<RunEnd> {
    const end = await this.#readLoop();
    this.limits.clearTimers();
    try {
      const wasStopped = this.isAborted;
      if (wasStopped) await this.#endLeft();
      this.#isOver = true;
      let receipt = this.#receipt();
      const changes = await this.#changes?.soon(end.outcome);
      if (!wasStopped && this.isAborted) {
        await this.#endLeft();
        receipt = this.#receipt();
      }
      this.endEngine = undefined;
      return { ...end, receipt, ...defined({ changes }) };
    } catch (error) {
      return this.#failure(error);
    }
  }

  /** Once its loop has stopped: what lives of it besides. */
  async #endLeft(): Promise<void> {
    await Promise.all([this.#backgroundEnded, this.endEngine?.()]);
  }

  #receipt(): Receipt {
    const { session } = this.live;
    const reports = [this.engineReport, this.subagentReports] as const;
    return makeReceipt(session, this.#run, this.#workAtStop, this.jobEnds, ...reports);
  }

  /** Emits its end, and answers everything that waits for it. */
  settle(end: RunEnd): void {
    const { live, id: runId } = this;
    try {
      if (live.isReplaced(runId)) this.#addOwnEnd(end);
      else live.emit({ type: "run-end", runId, at: Date.now(), usage: this.#run.usage, ...end });
      // Before the next run begins: what that changes is not this run's.
      if (end.changes === notYet) this.#changes?.follow();
      const run = this.#run;
      const logEnd = () => this.#parts.logEnd(live.session, run);
      // The end itself is on its way first.
      if (live.isHeld) setImmediate(logEnd);
      else logEnd();
    } finally {
      const { outcome, receipt = null } = end;
      live.onceSent((isShared) => {
        const unshared = isShared ? undefined : (true as const);
        this.#answer({ stopped: true, runId, outcome, receipt, ...defined({ unshared }) });
      });
    }
  }

  /** Others have settled it: only what they could not see is added. */
  #addOwnEnd({ receipt: own, changes }: RunEnd): void {
    const { live, id: runId } = this;
    const { receipt } = this.#run;
    if (receipt && own)
      live.emit({ type: "run-receipt", runId, receipt: withOwnEnd(receipt, own) });
    if (changes && changes !== notYet) live.emit({ type: "run-changes", runId, changes });
  }

  /** The first stop counts. */
  #abort(stop: Stop): void {
    const { live, id: runId } = this;
    const run = findRun(live.session, runId);
    if (this.isAborted || run === undefined) return;
    // First: nothing that is shown or saved of a stop delays it. What it causes changes the session only in later ticks.
    this.#controller.abort(stop);
    this.#workAtStop = workAtStop(live.session, run);
    const { point } = this.#workAtStop;
    live.emit({ type: "run-stopping", runId, stop: { ...stop, point } });
    this.limits.clearTimers();
    this.#backgroundEnded = this.#parts.background.stopOwned({ runId }, stop, "unpinned");
    this.pauseGate.open();
  }

  /** Every event is applied before the next is asked for. */
  async #readLoop(): Promise<LoopEnd> {
    try {
      const loop = createLoop(this.#parts, this.live, this, this.#controller.signal);
      let step = await loop.next();
      while (!step.done) {
        this.live.emit(step.value);
        this.limits.recordProgress(step.value);
        if (this.#workAtStop) recordClosedCall(this.#workAtStop, step.value);
        step = await loop.next();
      }
      return step.value;
    } catch (error) {
      return this.#failure(error);
    }
  }

  /** At a limit the run asks or is stopped, as the settings say. */
  #reachLimit(reached: LimitReached): void {
    if (this.pauseGate.isClosed || this.isAborted) return;
    const atLimit = this.#run.unattended ? "stop" : this.#parts.limits().atLimit;
    logLimit(this.live.session, this.id, reached, atLimit);
    const askedAt = Date.now();
    if (atLimit === "ask") {
      // What the model is writing would go on costing; an engine's turn by its own log-in, until it is over.
      const isCost = reached.kind === "tokens" || reached.kind === "usd";
      const cut = isCost || this.live.session.engine !== undefined;
      this.pauses.pause({ from: "server", askedAt, reached }, cut);
    } else {
      this.abort({
        by: reached.kind === "minutes" ? "timeout" : "budget",
        from: "server",
        askedAt,
      });
    }
  }

  #failure(err: unknown): LoopEnd {
    this.#logError(err);
    return { outcome: "failed", error: { code: "internal", message: String(err) } };
  }

  readonly #logError = (err: unknown): void => {
    const { live, id: runId } = this;
    log.error({ err, sessionId: live.session.id, runId }, "An internal error in a run");
  };

  get #run(): Run {
    return findRun(this.live.session, this.id)!;
  }
}
