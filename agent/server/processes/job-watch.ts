/** Looks at the processes of jobs from time to time, and reports those not seen before; it blocks and costs little. */
import { log } from "../log";
import type { ProcessGroup } from "./process-group";
import type { ProcessIdentity } from "./inspect/process-identity";
import { newestPid } from "./inspect/process-table";

/** A look begins so long after the one before, or so many times the time that this one took: 2 % of a core at most. */
const everyMs = 250;
const restFactor = 50;

/** How long one look blocks the server at a time, and the pause after that. */
const sliceMs = 1;
const pauseMs = 2;

type WatchedJob = Pick<ProcessGroup, "members" | "known">;

/** Of one look: what was not there at the last one, and all that lives. */
type Report = (id: string, found: ProcessIdentity[], living: ProcessIdentity[]) => void;

export class JobWatch {
  readonly #report: Report;
  readonly #jobs = new Map<string, WatchedJob>();
  /** The start times at the last look, by job and pid. */
  readonly #seen = new Map<string, Map<number, string>>();
  #timer: Timer | undefined;
  #isLooking = false;
  /** How long the last look blocked the server, in all. */
  #usedMs = 0;
  /** The newest pid of the system at the last look: nothing can be new until it changes. */
  #newestPid = 0;

  constructor(report: Report) {
    this.#report = report;
  }

  add(id: string, job: WatchedJob): void {
    this.#jobs.set(id, job);
    this.#newestPid = 0;
    this.#schedule(everyMs);
  }

  remove(id: string): void {
    this.#jobs.delete(id);
    this.#seen.delete(id);
    if (this.#jobs.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(inMs: number): void {
    if (this.#timer !== undefined || this.#isLooking || this.#jobs.size === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#isLooking = true;
      this.#look()
        .catch((err: unknown) => log.error({ err }, "The processes of jobs could not be looked at"))
        .finally(() => {
          this.#isLooking = false;
          this.#schedule(Math.max(everyMs, restFactor * this.#usedMs));
        });
    }, inMs);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    this.#usedMs = 0;
    const newest = newestPid();
    if (newest !== 0 && newest === this.#newestPid) return;
    this.#newestPid = newest;
    let began = performance.now();
    for (const [id, job] of this.#jobs) {
      const living = new Map<number, string>();
      for (const one of job.known?.() ?? job.members()) {
        if (one) living.set(one.pid, one.startedAt);
        const usedMs = performance.now() - began;
        if (usedMs < sliceMs) continue;
        this.#usedMs += usedMs;
        await Bun.sleep(pauseMs);
        began = performance.now();
      }
      if (this.#jobs.has(id)) this.#compare(id, living);
    }
    this.#usedMs += performance.now() - began;
  }

  #compare(id: string, living: Map<number, string>): void {
    const before = this.#seen.get(id);
    this.#seen.set(id, living);
    const all = [...living].map(([pid, startedAt]) => ({ pid, startedAt }));
    const found = all.filter(({ pid, startedAt }) => before?.get(pid) !== startedAt);
    if (found.length > 0) this.#report(id, found, all);
  }
}
