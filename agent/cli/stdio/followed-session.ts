/** Follows a session: writes its events as lines, keeps the state that they lead to, and connects again when that breaks. */
import { setTimeout } from "node:timers/promises";
import { ApiError, ConnectionLost, type Rein } from "../../sdk/create-rein";
import { readChunks } from "../../sdk/frames";
import { apply } from "../../shared/apply";
import { defined } from "../../shared/defined";
import type { Run, Session, SessionEvent } from "../../shared/protocol";
import { findRun } from "../../shared/session-lookup";
import type { LineWriter } from "./line-writer";

export interface FollowOptions {
  rein: Rein;
  writer: LineWriter;
  /** There is nothing to follow any more: deleted, signed out. */
  onGone: (error: ApiError) => void;
  /** Once it aborts, a connection that stays lost is given up. */
  ending: AbortSignal;
  /** Ends the following. */
  signal: AbortSignal;
}

type Snapshot = Extract<SessionEvent, { type: "snapshot" }>;

/** A reader that is behind by more (in characters) is waited for without a connection; then what it missed is asked for. */
const maxAhead = 4_000_000;
const firstRetryMs = 250;
const maxRetryMs = 8000;
/** Once the process ends. */
const maxFailures = 5;

export class FollowedSession {
  readonly id: string;
  readonly #options: FollowOptions;
  #session: Session | undefined;
  #isOver = false;
  #isLost = false;
  readonly #waiting = new Set<() => void>();
  /** Ends the following; so does the signal of the options. */
  readonly #leaving = new AbortController();
  readonly #following: Promise<void>;

  /** With a snapshot, it follows what comes after that. */
  constructor(id: string, first: Snapshot | undefined, options: FollowOptions) {
    this.id = id;
    this.#options = options;
    if (first) this.#take(first);
    options.signal.addEventListener("abort", () => this.#leaving.abort(), { once: true });
    this.#following = this.#follow(this.#leaving.signal).finally(() => {
      this.#isOver = true;
      this.#changed();
    });
  }

  /** Ends the following when all that has happened so far is on its way. */
  async finish(): Promise<void> {
    if (this.#isOver) return;
    this.#leaving.abort();
    await this.#following;
    try {
      await this.#read("once", this.#options.signal);
    } catch {
      // The server is gone. What it has said before is on its way.
    }
  }

  /** As the lines so far say; undefined before the first. A snapshot replaces it by another object. */
  get session(): Session | undefined {
    return this.#session;
  }

  /** No more lines will come. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Resolves with true once the condition holds for the lines so far; with false when there will be no more. */
  until(holds: (followed: this) => boolean): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const look = () => {
      const isFound = holds(this);
      if (!isFound && !this.#isOver) return;
      this.#waiting.delete(look);
      resolve(isFound);
    };
    this.#waiting.add(look);
    look();
    return promise;
  }

  #changed(): void {
    for (const look of this.#waiting) look();
  }

  #take(event: SessionEvent): void {
    // What is written has been made text: from here on the event's objects belong to the state.
    void this.#options.writer.send(event);
    if (event.type === "snapshot") this.#takeSnapshot(event);
    else if (this.#session) apply(this.#session, event);
    this.#changed();
  }

  /** A later one stands for events that were missed. The ends of runs among them come behind it: a reader waits for them. */
  #takeSnapshot({ session, seq }: Snapshot): void {
    const before = this.#session;
    this.#session = { ...session, seq };
    if (before === undefined) return;
    for (const run of session.runs)
      if (run.state === "settled" && findRun(before, run.id)?.state !== "settled")
        void this.#options.writer.send(endOf(run, seq));
  }

  /** Resolves when the signal aborts or the server refuses. */
  async #follow(signal: AbortSignal): Promise<void> {
    const { onGone, writer } = this.#options;
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        const isBehind = await this.#followOnce(signal, () => (failures = 0));
        if (isBehind) {
          await writer.drained();
          continue;
        }
      } catch (error) {
        if (signal.aborted) return;
        if (isRefusal(error)) return onGone(error);
        if (!(error instanceof ApiError || error instanceof ConnectionLost)) throw error;
      }
      if (signal.aborted) return;
      this.#setLost(true);
      if (this.#options.ending.aborted && failures >= maxFailures) return;
      const retryMs = Math.min(maxRetryMs, firstRetryMs * 2 ** failures);
      // It rejects once the signal aborts, which ends the loop.
      await setTimeout(retryMs * (0.75 + Math.random() / 2), undefined, { signal }).catch(
        () => undefined,
      );
    }
  }

  /** One connection, to its end. Resolves with whether the reader is too far behind for it. */
  async #followOnce(signal: AbortSignal, onOpened: () => void): Promise<boolean> {
    const connection = new AbortController();
    const abort = () => connection.abort(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    try {
      return await this.#read("on", connection.signal, onOpened);
    } finally {
      signal.removeEventListener("abort", abort);
      connection.abort();
    }
  }

  /** Takes what came after the last event; `on`: and what follows, unless the reader is too far behind: then it is true. */
  async #read(how: "on" | "once", signal: AbortSignal, onOpened = () => {}): Promise<boolean> {
    const query = new URLSearchParams(how === "once" ? { once: "1" } : {});
    if (this.#session) query.set("after", String(this.#session.seq));
    const path = `/api/sessions/${this.id}/events?${query}`;
    const response = await this.#options.rein.openEvents(path, signal);
    onOpened();
    this.#setLost(false);
    for await (const frames of readChunks(response, signal)) {
      for (const frame of frames) {
        if ("seq" in frame) this.#take(frame);
        else if (frame.type === "storage-changed") void this.#options.writer.send(frame);
      }
      if (how === "on" && this.#options.writer.waitingBytes > maxAhead) return true;
    }
    return false;
  }

  #setLost(isLost: boolean): void {
    if (this.#isLost === isLost) return;
    this.#isLost = isLost;
    void this.#options.writer.send({ type: "connection", state: isLost ? "lost" : "open" });
    this.#changed();
  }
}

/** As the event that was missed. */
function endOf(run: Run, seq: number): SessionEvent {
  const { id: runId, endedAt: at = 0, outcome = "stopped", error, receipt, changes, usage } = run;
  return {
    type: "run-end",
    runId,
    at,
    outcome,
    usage,
    ...defined({ error, receipt, changes }),
    seq,
  };
}

function isRefusal(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status >= 400 && error.status < 500;
}
