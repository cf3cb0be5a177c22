/** Looks at the processes of jobs from time to time, and reports those not seen before; it blocks and costs little. */
import { log } from "../log";
import type { ProcessGroup } from "./process-group";
import type { ProcessIdentity } from "./inspect/process-identity";
import { isDead, newestPid, readProcess, type ProcessRow } from "./inspect/process-table";
import { childrenOf } from "./linux/descendants";

/** A look begins so long after the one before, or so many times the time that this one took: 2 % of a core at most. */
const everyMs = 250;
const restFactor = 50;

/** How long one look blocks the server at a time, and the pause after that. */
const sliceMs = 1;
const pauseMs = 2;

interface WatchedJob {
  supervisor: ProcessIdentity | undefined;
  known: ProcessGroup["known"];
}

/** Of one look: what was not there at the last one, and all that lives. */
type Report = (id: string, found: ProcessIdentity[], living: ProcessIdentity[]) => void;

export class JobWatch {
  readonly #report: Report;
  readonly #jobs = new Map<string, WatchedJob>();
  /** The start times at the last look, by job and pid. */
  readonly #seen = new Map<string, Map<number, string>>();
  #timer: Timer | undefined;
  #isLooking = false;
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

  #usedMs = 0;

  async #look(): Promise<void> {
    this.#usedMs = 0;
    const newest = newestPid();
    if (newest !== 0 && newest === this.#newestPid) return;
    this.#newestPid = newest;
    let began = performance.now();
    for (const [id, job] of this.#jobs) {
      const living = new Map<number, string>();
      for (const { pid, startedAt } of job.supervisor
        ? descendants(job.supervisor)
        : (job.known?.() ?? [])) {
        living.set(pid, startedAt);
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

/** The living descendants, parents first, read one by one. */
function* descendants(of: ProcessIdentity): Generator<ProcessRow> {
  const tree = [of];
  // Iterating an array also yields what is pushed on the way.
  for (const { pid, startedAt } of tree) {
    if (readProcess(pid)?.startedAt !== startedAt) continue; // it died since it was found
    for (const child of childrenOf(pid)) {
      const row = readProcess(child);
      if (row === undefined || isDead(row)) continue;
      yield row;
      tree.push(row);
    }
  }
}
