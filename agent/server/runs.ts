/** One owner per session of what runs in it: start, stop, hold, settle, and what is sent next. */
import { activeRun, findRun, findToolCall } from "../shared/apply";
import { isOutcome, noUsage } from "../shared/protocol";
import type {
  Changes,
  LimitReached,
  Limits,
  LimitValues,
  Message,
  Pause,
  PauseAnswer,
  QueuedMessage,
  Run,
  Stop,
  StopAnswer,
  StopFrom,
  ToolCallPart,
} from "../shared/protocol";
import { Brake } from "./brake";
import { changesSoon, tellChanges } from "./changes";
import { hold, release, showPause } from "./hold";
import { newId } from "./id";
import type { BackgroundJobs } from "./background";
import { LimitWatch } from "./limit-watch";
import { usedNow } from "./used";
import type { LiveSession, Sessions } from "./live";
import { type LoopParts, loopOf, userMessage } from "./loops";
import { noteFor } from "./notes";
import { changeQueued, enqueue, keepQueue, type QueueChange, takeNext, takeQueued } from "./queue";
import {
  type EndedJob,
  makeReceipt,
  momentOf,
  noteClosed,
  type StopMoment,
  toolCalls,
} from "./receipt";
import { settleCut } from "./recovery";
import { Scopes } from "./signal";
import type { LoopEnd } from "./turn-request";
import type { RunWatch, Undo } from "./undo/undo";

/*
   start ──► running ⇄ waiting ──────────────► settled     Stopping is absorbing. The first reason stays: it is the
                 │ ⇅ pausing, paused              ▲        reason of the run's one AbortSignal. A pause is no state of
                 └──► stopping ───────────────────┘        its own: it holds a run that runs or waits.

   settled, done ──► the queue's next    settled, interrupted ──► the message that interrupted it
   settled, stopped or failed ──► nothing: the queue is kept
*/

/** Stops that came before their run; more than this many at once is somebody's mistake. */
const maxRefused = 1000;

interface ActiveRun {
  id: string;
  controller: AbortController;
  scopes: Scopes;
  brake: Brake;
  limits: LimitWatch;
  /** What interrupted it, and is sent once it has settled. */
  next: Sending | undefined;
  moment: StopMoment | undefined;
  /** Set by the stop: resolves when what this run has in the background has ended, but for what is pinned. */
  backgroundEnded: Promise<unknown> | undefined;
  jobEnds: EndedJob[];
  /** What it changes in its directory; absent when it only sums up, and can change nothing. */
  watch: RunWatch | undefined;
  /** Nothing of it lives any more, and how it ended is fixed: what it has changed is still being looked at. */
  isOver: boolean;
  /** Resolves when it has settled; never rejects. */
  settled: Promise<StopAnswer>;
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

export interface RunParts extends LoopParts {
  limits: () => Limits;
  sessions: Sessions;
  background: BackgroundJobs;
  undo: Undo;
}

export class Runs {
  readonly #parts: RunParts;
  readonly #active = new Map<string, ActiveRun>();
  readonly #refused = new Map<string, Stop>();
  #closed: Stop | undefined;

  constructor(parts: RunParts) {
    this.#parts = parts;
  }

  isActive(sessionId: string): boolean {
    return this.#active.has(sessionId);
  }

  /** Whether a message that interrupts would be the next one: not while another one waits for the same moment. */
  canInterrupt(sessionId: string): boolean {
    return this.#active.get(sessionId)?.next === undefined;
  }

  /**
   * Accepts a message: the run and its controller exist when this returns. The session must have no active run.
   * A run that was stopped before it came starts stopped, and keeps its message.
   */
  start(live: LiveSession, { message, runId, retryOf, limits }: Sending): void {
    const note = noteFor(live.session, retryOf);
    const said: Message = userMessage(runId, message);
    if (note !== undefined) said.note = note;
    if (retryOf !== undefined) said.retryOf = retryOf;
    this.#begin(live, { ...newRun(runId), ...(limits && { limits }) }, said);
  }

  /** Sums up what the session holds so far, in a run of its own, which stops like any other. It must have no active run. */
  compact(live: LiveSession, runId: string): void {
    this.#begin(live, { ...newRun(runId), sumsUp: true });
  }

  /**
   * Stops what runs, and starts this message in the tick in which that has settled: no other comes in between.
   * The queue goes on after it. `canInterrupt` must hold.
   */
  interrupt(live: LiveSession, sending: Sending, stop: Stop): void {
    const active = this.#active.get(live.session.id);
    if (active === undefined) return this.start(live, sending);
    active.next = sending;
    this.#abort(live, active, stop);
  }

  /**
   * Takes a message for later. When nothing runs it is sent at once, unless a stop or a failure came first: then it is
   * kept until a person sends it.
   */
  queue(live: LiveSession, message: string, waitsFor: QueuedMessage["waitsFor"]): void {
    const active = this.#active.get(live.session.id);
    const last = live.session.runs.at(-1)?.outcome ?? "done";
    if (active === undefined && last === "done") this.#send(live, message);
    else enqueue(live, message, active && !isStopping(active) ? waitsFor : "person");
  }

  /** Changes a waiting message; when nothing runs, `waitsFor` sends it at once. False when it waits no longer. */
  changeQueued(live: LiveSession, id: string, change: QueueChange): boolean {
    const active = this.#active.get(live.session.id);
    if (active === undefined && change.waitsFor !== undefined) {
      const message = takeQueued(live, id);
      if (message) this.#send(live, change.text ?? message.text);
      return message !== undefined;
    }
    const { waitsFor: _stays, ...rest } = change;
    return changeQueued(live, id, active && isStopping(active) ? rest : change);
  }

  /**
   * Holds the run at its next safe point, its subagents too; a tool that runs goes on, and its result waits. With `cut`
   * a part that the model is writing is not waited for. Any number of pauses are one.
   */
  pause(sessionId: string, named: { runId?: string; cut: boolean }, from: StopFrom): PauseAnswer {
    const found = this.#find(sessionId, named.runId);
    if (typeof found === "string") return { held: false, message: found };
    const { active, live } = found;
    if (active.controller.signal.aborted) return { held: false, message: "It is being stopped." };
    const askedAt = Date.now();
    return { held: true, pause: hold(live, active, { from, askedAt }, named.cut) };
  }

  /** Lets a held run go on exactly where it halted; one that reached a limit, by so much more. */
  resume(sessionId: string, named: { runId?: string; by?: number }): PauseAnswer {
    const found = this.#find(sessionId, named.runId);
    if (typeof found === "string") return { held: false, message: found };
    const { active, live } = found;
    if (!active.brake.isHeld) return { held: false, message: "It is not paused." };
    // A server that ends leaves what is paused as it is: the next one takes it up.
    if (this.#closed) return { held: false, message: "The server is shutting down." };
    release(live, active, this.#parts.limits(), named.by);
    return { held: false, message: "It goes on." };
  }

  /**
   * Stops the session's run, or one tool call or subagent of it. Resolves when that has settled.
   * Any number of stops are one; what is not running is left alone, and so is any other run than the one named.
   */
  async stop(
    sessionId: string,
    named: { runId?: string; subagentId?: string; toolCallId?: string; hard?: boolean },
    stop: Stop,
  ): Promise<StopAnswer> {
    const next = this.#active.get(sessionId)?.next;
    const stopsNext = named.runId === undefined || named.runId === next?.runId;
    if (next !== undefined && stopsNext) this.#refused.set(next.runId, stop);
    const found = this.#find(sessionId, named.runId);
    if (typeof found === "string") return { stopped: false, message: found };
    const { active, live } = found;
    const scopeId = named.toolCallId ?? named.subagentId;
    if (scopeId === undefined) {
      keepQueue(live);
      this.#abort(live, active, stop);
      if (named.hard) this.#stopJobsHard(sessionId, active.id);
      return active.settled;
    }
    const settled = active.scopes.stop(scopeId, stop);
    if (settled === undefined)
      return { stopped: false, message: `${scopeId} is not running (any more).` };
    const owner = { runId: active.id, subagentId: scopeId };
    await Promise.all([settled, this.#parts.background.stopOf(owner, stop, "unpinned")]);
    const state = findCall(live, scopeId)?.state ?? "stopped";
    const outcome = isOutcome(state) ? state : "stopped";
    return { stopped: true, runId: active.id, outcome, receipt: null };
  }

  /** Stops a run by its name alone: wherever it is, or as soon as it comes. */
  async stopRun(runId: string, stop: Stop): Promise<StopAnswer> {
    for (const [sessionId, active] of this.#active)
      if (active.id === runId) return this.stop(sessionId, { runId }, stop);
    if (this.#refused.size >= maxRefused) this.#refused.clear();
    this.#refused.set(runId, stop);
    return { stopped: false, message: `Run ${runId} is not running; if it comes, it is refused.` };
  }

  /** Stops everything on this server. */
  async stopAll(stop: Stop): Promise<StopAnswer[]> {
    return Promise.all([...this.#active.keys()].map((id) => this.stop(id, {}, stop)));
  }

  /** Stops everything that moves, and whatever still comes; what is paused stays so for the next server. */
  async close(stop: Stop): Promise<void> {
    this.#closed = stop;
    const moving = [...this.#active].filter(([, { brake }]) => !brake.isHalted);
    await Promise.all(moving.map(([id]) => this.stop(id, {}, stop)));
  }

  /** Takes up what was paused, still paused, and settles what a crash of the server has cut: nothing of it runs any more. */
  recover(): void {
    for (const live of this.#parts.sessions.unsettled()) {
      const run = activeRun(live.session);
      if (run?.pause?.state === "paused") this.#takeUp(live, run, run.pause);
      else if (run) {
        keepQueue(live);
        settleCut(live, run);
      }
    }
  }

  #stopJobsHard(sessionId: string, runId: string): void {
    const { jobs, background } = this.#parts;
    for (const job of jobs.list({ sessionId, runId }))
      if (!background.isPinned(job)) void job.stop("hard");
  }

  #begin(live: LiveSession, run: Run, said?: Message): void {
    const { session } = live;
    if (this.#active.has(session.id)) throw new Error(`Session ${session.id} has an active run`);
    const { active, settle } = this.#open(live, run);
    live.emit({ type: "run-start", sessionId: session.id, run });
    if (said) live.emit({ type: "message-start", message: said });
    const refusal = this.#refused.get(run.id) ?? this.#closed;
    this.#refused.delete(run.id);
    if (refusal) {
      keepQueue(live);
      this.#abort(live, active, refusal);
    }
    void this.#drive(live, active).then(settle);
  }

  #send(live: LiveSession, message: string): void {
    this.start(live, { message, runId: newId() });
  }

  #takeUp(live: LiveSession, run: Run, pause: Pause): void {
    const { active, settle } = this.#open(live, run);
    hold(live, active, pause, false);
    void this.#drive(live, active).then(settle);
  }

  #open(live: LiveSession, { id, sumsUp }: Run) {
    const { promise: settled, resolve: settle } = Promise.withResolvers<StopAnswer>();
    const active: ActiveRun = {
      id,
      controller: new AbortController(),
      scopes: new Scopes(),
      brake: new Brake(() => showPause(live, active, findRun(live.session, id)!.pause!)),
      limits: new LimitWatch({
        limits: this.#parts.limits,
        run: () => findRun(live.session, id)!,
        used: () => usedNow(this.#parts.sessions, this.#parts.limits(), live.session, id),
        onReached: (reached) => this.#reach(live, active, reached),
        onNear: (near) => live.emit({ type: "run-near", runId: id, ...(near && { near }) }),
      }),
      next: undefined,
      moment: undefined,
      backgroundEnded: undefined,
      jobEnds: [],
      watch: sumsUp ? undefined : this.#parts.undo.begin(live.session, id),
      isOver: false,
      settled,
    };
    this.#active.set(live.session.id, active);
    return { active, settle };
  }

  /** The session's run, if it is the one named; else why not. */
  #find(sessionId: string, runId: string | undefined) {
    const active = this.#active.get(sessionId);
    const live = this.#parts.sessions.get(sessionId);
    if (active === undefined || live === undefined) return "Nothing is running in this session.";
    if (runId !== undefined && runId !== active.id)
      return `Run ${runId} is not running (any more).`;
    return { active, live };
  }

  /** A limit asks, or stops the run, whichever is set. */
  #reach(live: LiveSession, active: ActiveRun, reached: LimitReached): void {
    if (active.brake.isHeld || active.controller.signal.aborted) return;
    const askedAt = Date.now();
    if (this.#parts.limits().atLimit === "ask")
      return void hold(live, active, { from: "server", askedAt, reached }, false);
    const isTime = reached.kind === "minutes" || reached.kind === "stall";
    keepQueue(live);
    this.#abort(live, active, { by: isTime ? "timeout" : "budget", from: "server", askedAt });
  }

  #abort(live: LiveSession, active: ActiveRun, stop: Stop): void {
    const { controller } = active;
    const run = findRun(live.session, active.id);
    if (controller.signal.aborted || active.isOver || run === undefined) return;
    active.moment = momentOf(live.session, run);
    const { point } = active.moment;
    live.emit({ type: "run-stopping", runId: active.id, stop: { ...stop, point } });
    active.limits.rest();
    controller.abort(stop);
    const { background } = this.#parts;
    active.backgroundEnded = background.stopOf({ runId: active.id }, stop, "unpinned");
    active.brake.release();
  }

  async #drive(live: LiveSession, active: ActiveRun): Promise<StopAnswer> {
    const end = await this.#read(live, active);
    active.limits.rest();
    await active.backgroundEnded;
    active.isOver = true;
    const run = findRun(live.session, active.id)!;
    const receipt = makeReceipt(live.session, run, active.moment, active.jobEnds);
    const changes = await this.#changesOf(live.session.id, active);
    const next = this.#nextAfter(live, active, end);
    this.#active.delete(live.session.id);
    live.emit({
      type: "run-end",
      runId: active.id,
      at: Date.now(),
      usage: run.usage,
      ...end,
      receipt,
      ...(changes && { changes }),
    });
    next?.();
    return { stopped: true, runId: active.id, outcome: end.outcome, receipt };
  }

  /** What comes too late for the run's end follows it. */
  async #changesOf(
    sessionId: string,
    { id: runId, watch }: ActiveRun,
  ): Promise<Changes | undefined> {
    const { sessions } = this.#parts;
    return (
      watch && changesSoon(watch.end(), (late) => tellChanges(sessions, sessionId, runId, late))
    );
  }

  /** What is sent in the tick in which a run has settled. Without it, nothing of the queue is sent by itself any more. */
  #nextAfter(live: LiveSession, active: ActiveRun, end: LoopEnd): (() => void) | undefined {
    const { next, brake } = active;
    if (next !== undefined) return () => this.start(live, next);
    if (end.outcome !== "done" || brake.isHeld || this.#closed) {
      keepQueue(live);
      return undefined;
    }
    return () => {
      const queued = takeNext(live);
      if (queued) this.#send(live, queued.text);
    };
  }

  /** Reads the loop to its end; every event is applied before the next is asked for. */
  async #read(live: LiveSession, active: ActiveRun): Promise<LoopEnd> {
    const { signal } = active.controller;
    try {
      const loop = loopOf(this.#parts, live, active, signal);
      let step = await loop.next();
      while (!step.done) {
        live.emit(step.value);
        active.limits.moved();
        if (active.moment) noteClosed(active.moment, step.value);
        step = await loop.next();
      }
      return step.value;
    } catch (error) {
      console.error("A bug in Rein ended a run:", error);
      return { outcome: "failed", error: { code: "internal", message: String(error) } };
    }
  }
}

function newRun(id: string): Run {
  return { id, state: "running", startedAt: Date.now(), usage: noUsage };
}

/** It ends, and nothing is sent after it. */
function isStopping({ controller, next }: ActiveRun): boolean {
  return controller.signal.aborted && next === undefined;
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
