/**
 * The processes of jobs whose supervisors have exited: they are reparented to this server, which is a subreaper, and told
 * apart by their marks. A job can give its processes the mark of another, so a mark says who kills, and proves nothing.
 */
import { childrenOf, killDescendants } from "./descendants";
import { markOf } from "./inherited-mark";
import type { JobExit } from "../jobs";
import { reap } from "./libc";
import { isSpawnedChild } from "../spawn";
import { isDead, readProcess } from "../inspect/process-table";

/** A walk of their descendants may hold up the server for this long at once. */
export const walkMs = 10;

/** How long one job waits for the orphans of others to be dead. As long as one lives, it may be its own. */
const othersMs = 1300;

/** A job whose processes may become orphans. */
export class OrphanOwner {
  readonly #supervisor: Bun.Subprocess;
  /** Of the supervisor: no process of the job is older. */
  readonly #startedAt: number;
  readonly #mark: string | undefined;
  readonly #settled = Promise.withResolvers<void>();

  /** `mark` names its processes (see inherited-mark.ts); without one they are told apart from no other's. */
  constructor(supervisor: Bun.Subprocess, mark: string | undefined) {
    this.#supervisor = supervisor;
    this.#startedAt = Number(readProcess(supervisor.pid)?.startedAt ?? 0);
    this.#mark = mark;
    if (mark !== undefined) owners.set(mark, this);
  }

  /** Its orphans, and those that no other job ends; zombies included. */
  orphans(): number[] {
    return this.#listed().filter((pid) => this.#otherOf(pid) === undefined);
  }

  /**
   * Whether no orphan lives at all that can be one of its own. Those of another job that has lost its supervisor are waited
   * for: that job kills them.
   */
  async hasNone(): Promise<boolean> {
    const deadline = performance.now() + othersMs;
    for (let leftMs = othersMs; leftMs > 0; leftMs = deadline - performance.now()) {
      const listed = this.#listed();
      const living = listed.filter((pid) => !isDead(readProcess(pid)));
      const others = living.flatMap((pid) => this.#otherOf(pid) ?? []);
      if (others.length < living.length) return false;
      // One that has died since it was listed may have left another, which is listed now.
      const isSure =
        listed.length === 0 ||
        (living.length === 0 && this.#listed().every((pid) => listed.includes(pid)));
      if (isSure) this.settle();
      if (isSure) return true;
      const settled = Promise.all(others.map((one) => one.#settled.promise));
      await Promise.race([settled, Bun.sleep(leftMs)]);
    }
    return false;
  }

  /**
   * Kills its orphans and their descendants; resolves when they are reaped, with the exit of each by pid: as long as one
   * lives that this server may not kill, it waits.
   */
  async kill(): Promise<Map<number, JobExit>> {
    const exits = new Map<number, JobExit>();
    for (let waitMs = 1; this.orphans().length > 0; waitMs = Math.min(2 * waitMs, 100)) {
      killDescendants(() => this.orphans(), walkMs);
      await Bun.sleep(waitMs);
      for (const pid of this.orphans()) {
        const exit = reap(pid);
        if (exit) exits.set(pid, exit);
      }
    }
    this.settle();
    return exits;
  }

  /** An orphan that has its mark is another job's from now on. In the tick in which none was found: one may change its mark. */
  settle(): void {
    if (this.#mark !== undefined && owners.get(this.#mark) === this) owners.delete(this.#mark);
    this.#settled.resolve();
  }

  /** Children that this server has not started, in another session than its own, as all of a job's are. */
  #listed(): number[] {
    const ownSession = readProcess(process.pid)?.session;
    return childrenOf(process.pid).filter((pid) => {
      if (isSpawnedChild(pid)) return false;
      const row = readProcess(pid);
      return row && row.session !== ownSession && Number(row.startedAt) >= this.#startedAt;
    });
  }

  /** The other job that the mark of this orphan names. A supervisor that lives has no orphans: then the mark is false. */
  #otherOf(pid: number): OrphanOwner | undefined {
    const owner = owners.get(markOf(pid)?.job ?? "");
    return owner !== undefined && owner !== this && owner.#hasExited() ? owner : undefined;
  }

  #hasExited(): boolean {
    const { exitCode, signalCode, pid } = this.#supervisor;
    return exitCode !== null || signalCode !== null || isDead(readProcess(pid));
  }
}

/** Those that are not settled, by their marks. */
const owners = new Map<string, OrphanOwner>();
