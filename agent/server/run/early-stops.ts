/** Stops that came before the messages of their runs: each such run starts stopped. */
import type { Stop } from "../../shared/protocol";

/** More than this many at once are a caller's mistake, and are forgotten. */
const maxStops = 1000;

/** What is read for a message before its run begins. */
export interface ComingRun extends Disposable {
  sessionId: string;
  /** Undefined where the message is not sent yet. */
  runId: string | undefined;
  /** Aborts when it is stopped. */
  signal: AbortSignal;
}

export class EarlyStops {
  readonly #stops = new Map<string, Stop>();
  readonly #coming = new Map<ComingRun, AbortController>();

  /** Until it is disposed of, a stop of its session reaches it too. */
  announce(sessionId: string, runId?: string): ComingRun {
    const controller = new AbortController();
    const coming = {
      sessionId,
      runId,
      signal: controller.signal,
      [Symbol.dispose]: () => void this.#coming.delete(coming),
    };
    this.#coming.set(coming, controller);
    return coming;
  }

  isComing(sessionId: string): boolean {
    return [...this.#coming.keys()].some((one) => one.sessionId === sessionId);
  }

  /** Stops what comes, of the one session and run where they are named. Returns whether there were some. */
  stopComing(named: { sessionId?: string; runId?: string }, stop: Stop): boolean {
    const stopped = [...this.#coming].filter(
      ([{ sessionId, runId }]) =>
        sessionId === (named.sessionId ?? sessionId) && runId === (named.runId ?? runId),
    );
    for (const [{ runId }, controller] of stopped)
      if (runId === undefined) controller.abort(stop);
      else this.add(runId, stop);
    return stopped.length > 0;
  }

  add(runId: string, stop: Stop): void {
    if (this.#stops.size >= maxStops) this.#stops.clear();
    this.#stops.set(runId, stop);
    for (const [coming, controller] of this.#coming)
      if (coming.runId === runId) controller.abort(stop);
  }

  get(runId: string): Stop | undefined {
    return this.#stops.get(runId);
  }

  /** The run has come: its stop, if there was one, is forgotten here. */
  take(runId: string): Stop | undefined {
    const stop = this.#stops.get(runId);
    this.#stops.delete(runId);
    return stop;
  }
}
