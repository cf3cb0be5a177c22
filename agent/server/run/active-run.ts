/** A run that has not settled: its one signal, what holds it, and how it comes to its end. */
import { findRun, findToolCall } from "../../shared/apply";
import { isOutcome } from "../../shared/protocol";
import type {
  Changes,
  LimitReached,
  Limits,
  LimitValues,
  Outcome,
  Pause,
  Run,
  Stop,
  StopAnswer,
  ToolCallPart,
} from "../../shared/protocol";
import type { BackgroundJobs } from "../background/background-jobs";
import { PauseGate } from "../agent/pause-gate";
import { changesSoon, tellChanges } from "./run-changes";
import { hold, release, showPause } from "./run-pause";
import { LimitWatch } from "./limit-watch";
import type { LiveSession } from "../session/live-session";
import type { SessionRegistry } from "../session/session-registry";
import { type LoopParts, createLoop, type LoopRun } from "./run-loops";
import { keepQueue } from "../session/message-queue";
import { makeReceipt, momentOf, noteClosed, type StopMoment, toolCalls } from "./run-receipt";
import { type EndedJob } from "../agent/tool-runner";
import { Scopes } from "../abort";
import type { LoopEnd } from "../agent/turn-types";
import type { RunWatch, Undo } from "../undo/undo";
import { totalsOfOthers, currentTotals } from "./usage-totals";

export interface RunParts extends LoopParts {
  limits: () => Limits;
  sessions: SessionRegistry;
  background: BackgroundJobs;
  undo: Undo;
}

/** A message on its way to a run. */
export interface Sending {
  message: string;
  runId: string;
  /** The run that is tried again by it. */
  retryOf?: string | undefined;
  /** In the place of the server's own. */
  limits?: LimitValues | undefined;
}

export class ActiveRun implements LoopRun {
  readonly id: string;
  readonly live: LiveSession;
  readonly scopes = new Scopes();
  readonly pauseGate: PauseGate;
  readonly limits: LimitWatch;
  readonly jobEnds: EndedJob[] = [];
  /** What it changes in its directory; absent when it only sums up, and can change nothing. */
  readonly watch: RunWatch | undefined;
  /** Resolves when it has settled; never rejects. */
  readonly settled: Promise<StopAnswer>;
  /** What interrupted it, and is sent once it has settled. */
  next: Sending | undefined;
  readonly #parts: RunParts;
  readonly #settle: (answer: StopAnswer) => void;
  readonly #controller = new AbortController();
  #moment: StopMoment | undefined;
  /** Set by the stop: resolves when what this run has in the background has ended, but for what is pinned. */
  #backgroundEnded: Promise<unknown> | undefined;
  /** Nothing of it lives any more, and how it ended is fixed: what it has changed is still being looked at. */
  #isOver = false;

  constructor(parts: RunParts, live: LiveSession, { id, sumsUp }: Run) {
    const { promise, resolve } = Promise.withResolvers<StopAnswer>();
    this.id = id;
    this.live = live;
    this.settled = promise;
    this.#settle = resolve;
    this.#parts = parts;
    this.pauseGate = new PauseGate(() => showPause(live, this, this.#run().pause!));
    this.limits = new LimitWatch({
      limits: parts.limits,
      run: () => this.#run(),
      used: (open, others) => currentTotals(live.session, id, open, others),
      usedByOthers: () => totalsOfOthers(parts.sessions, id),
      onReached: (reached) => this.#reach(reached),
      onNear: (near) => live.emit({ type: "run-near", runId: id, ...(near && { near }) }),
    });
    this.watch = sumsUp ? undefined : parts.undo.begin(live.session, id);
  }

  get isAborted(): boolean {
    return this.#controller.signal.aborted;
  }

  /** It ends, and nothing is sent after it. */
  get isStopping(): boolean {
    return this.isAborted && this.next === undefined;
  }

  /** It was said to be: a call whose approval has just been answered moves on to the pause gate, and no further. */
  get isPaused(): boolean {
    return this.pauseGate.isHeld && this.#run().pause?.state === "paused";
  }

  /** The first stop counts; one that comes when nothing of it lives any more changes nothing. */
  abort(stop: Stop): void {
    const run = findRun(this.live.session, this.id);
    if (this.isAborted || this.#isOver || run === undefined) return;
    this.#moment = momentOf(this.live.session, run);
    const { point } = this.#moment;
    this.live.emit({ type: "run-stopping", runId: this.id, stop: { ...stop, point } });
    this.limits.rest();
    this.#controller.abort(stop);
    const { background } = this.#parts;
    this.#backgroundEnded = background.stopOwned({ runId: this.id }, stop, "unpinned");
    this.pauseGate.release();
  }

  /** Ends its processes without waiting for those that clean up, but for what is pinned. */
  stopJobsHard(): void {
    const { jobs, background } = this.#parts;
    for (const job of jobs.list({ sessionId: this.live.session.id, runId: this.id }))
      if (!background.isPinned(job)) void job.stop("hard");
  }

  /** Stops one tool call or subagent of it. Resolves with its outcome once it has settled, or undefined: it is not running. */
  async stopPart(id: string, stop: Stop): Promise<Outcome | undefined> {
    const settled = this.scopes.stop(id, stop);
    if (settled === undefined) return undefined;
    const owner = { runId: this.id, subagentId: id };
    await Promise.all([settled, this.#parts.background.stopOwned(owner, stop, "unpinned")]);
    const state = findCall(this.live, id)?.state;
    return state !== undefined && isOutcome(state) ? state : "stopped";
  }

  hold(asked: Omit<Pause, "state">, cut: boolean): Pause {
    return hold(this.live, this, asked, cut);
  }

  /** What a limit holds goes on by so much more. */
  release(by: number | undefined): void {
    release(this.live, this, this.#parts.limits(), by);
  }

  /**
   * Runs it to its end. `beforeEnd` is asked in the tick in which it settles, and what it returns is called when the
   * end has been said. Never rejects.
   */
  async drive(beforeEnd: (end: LoopEnd) => (() => void) | undefined): Promise<void> {
    const end = await this.#read();
    this.limits.rest();
    await this.#backgroundEnded;
    this.#isOver = true;
    const { live, id: runId } = this;
    const run = this.#run();
    const receipt = makeReceipt(live.session, run, this.#moment, this.jobEnds);
    const changes = await this.#changes();
    const next = beforeEnd(end);
    const at = Date.now();
    const told = { ...end, usage: run.usage, receipt, ...(changes && { changes }) };
    live.emit({ type: "run-end", runId, at, ...told });
    next?.();
    this.#settle({ stopped: true, runId, outcome: end.outcome, receipt });
  }

  /** Reads the loop to its end; every event is applied before the next is asked for. */
  async #read(): Promise<LoopEnd> {
    try {
      const loop = createLoop(this.#parts, this.live, this, this.#controller.signal);
      let step = await loop.next();
      while (!step.done) {
        this.live.emit(step.value);
        this.limits.moved(step.value);
        if (this.#moment) noteClosed(this.#moment, step.value);
        step = await loop.next();
      }
      return step.value;
    } catch (error) {
      console.error("A bug in Rein ended a run:", error);
      return { outcome: "failed", error: { code: "internal", message: String(error) } };
    }
  }

  /** A limit asks, or stops the run, whichever is set. */
  #reach(reached: LimitReached): void {
    if (this.pauseGate.isHeld || this.isAborted) return;
    const askedAt = Date.now();
    // What is being written would go on costing.
    const cut = reached.kind === "tokens" || reached.kind === "usd";
    if (this.#parts.limits().atLimit === "ask")
      return void this.hold({ from: "server", askedAt, reached }, cut);
    const isTime = reached.kind === "minutes" || reached.kind === "stall";
    keepQueue(this.live);
    this.abort({ by: isTime ? "timeout" : "budget", from: "server", askedAt });
  }

  /** What comes too late for the run's end follows it. */
  async #changes(): Promise<Changes | undefined> {
    const { sessions } = this.#parts;
    const { id } = this.live.session;
    return (
      this.watch &&
      changesSoon(this.watch.end(), (late) => tellChanges(sessions, id, this.id, late))
    );
  }

  #run(): Run {
    return findRun(this.live.session, this.id)!;
  }
}

/** A call of the session's own messages or of a subagent's. */
function findCall(live: LiveSession, id: string): ToolCallPart | undefined {
  const own = findToolCall(live.session, id);
  if (own) return own;
  for (const call of live.session.messages.slice(-1).flatMap(toolCalls))
    for (const message of call.subagent?.messages ?? []) {
      const found = toolCalls(message).find((one) => one.id === id);
      if (found) return found;
    }
  return undefined;
}
