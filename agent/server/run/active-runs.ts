/** The runs that have not settled, one in each session, and whether messages wait for them. */
import type { ActiveRun } from "./active-run";

export class ActiveRuns {
  readonly #bySession = new Map<string, ActiveRun>();

  /** Of a session that has none. */
  add(active: ActiveRun): void {
    this.#bySession.set(active.live.session.id, active);
  }

  remove({ live }: ActiveRun): void {
    this.#bySession.delete(live.session.id);
  }

  get all(): ActiveRun[] {
    return [...this.#bySession.values()];
  }

  ofSession(sessionId: string): ActiveRun | undefined {
    return this.#bySession.get(sessionId);
  }

  /** The session's run, if it is the one named; else why not. */
  find(sessionId: string, runId: string | undefined): ActiveRun | string {
    const active = this.ofSession(sessionId);
    if (active === undefined) return "Nothing is running in this session.";
    if (runId !== undefined && runId !== active.id) return `Run ${runId} is not running.`;
    return active;
  }

  /** Whether a message would have to interrupt: something runs, and is not being stopped. */
  isBusy(sessionId: string): boolean {
    return this.ofSession(sessionId)?.isEnding === false;
  }

  /** Whether a message waits for the session's run to settle. */
  hasWaiting(sessionId: string): boolean {
    return (this.ofSession(sessionId)?.waiting.length ?? 0) > 0;
  }

  /** The session in which a message waits that is to become the run. */
  sessionOfWaiting(runId: string): string | undefined {
    return this.all.find(({ waiting }) => waiting.some((one) => one.runId === runId))?.live.session
      .id;
  }
}
