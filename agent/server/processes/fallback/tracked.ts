/** A job without a supervisor (macOS): whoever is found by its group, its session and its parents belongs to it. No proof. */
import type { ProcessGroup } from "../process-group";
import type { JobRequest } from "../jobs";
import { exitOf, spawnFor } from "../spawn";
import { isDead, readProcess, type ProcessRow, readProcessTable } from "../inspect/process-table";

/** How often the lineage is written down: who has left the group must be seen before his parent is gone. */
const lineageMs = 250;

/** Who cannot be stopped in this time is killed unstopped. */
const freezeMs = 500;

export function startTracked(request: JobRequest): ProcessGroup {
  const spawned = spawnFor(request, { command: request.command });
  const { child, output, write, resize } = spawned;
  const members = new Members({ pid: child.pid, startedAt: readProcess(child.pid)?.startedAt });
  const gone = Promise.withResolvers<void>();
  const exited = exitOf(child);
  void watch(members, exited).then(gone.resolve);
  return {
    pid: child.pid,
    exited,
    gone: gone.promise,
    provesEmpty: false,
    output,
    members: () => members.look(),
    end: () => void killAll(members),
    write,
    resize,
  };
}

/** Resolves when the main process has exited and nobody else is found. */
async function watch(members: Members, exited: Promise<unknown>): Promise<void> {
  const sampling = setInterval(() => members.look(), lineageMs);
  await exited;
  clearInterval(sampling);
  for (let waitMs = 1; members.look().length > 0; waitMs = Math.min(2 * waitMs, lineageMs))
    await Bun.sleep(waitMs);
}

/**
 * Stops what belongs to the job until a whole look finds nobody new and nobody running, so that no child can be born
 * unseen; then kills, deepest first, so that no parent sees a child die; and looks again until nothing is left that can
 * be killed. What left both group and session and lost its parent between two looks is not found.
 */
export async function killAll(members: Members): Promise<void> {
  await freeze(members);
  for (let living = members.look(); members.mortal(living).length > 0; living = members.look()) {
    for (const { pid } of members.mortal(living).toReversed()) members.signal(pid, "SIGKILL");
    await Bun.sleep(1);
    await freeze(members);
  }
}

/** State D is out of reach, and often a parent waiting for a stopped child. */
async function freeze(members: Members): Promise<void> {
  const deadline = performance.now() + freezeMs;
  do {
    members.stopGroup();
    const running = members.mortal(members.look()).filter(({ state }) => !"TtD".includes(state));
    if (running.length === 0) return;
    for (const { pid } of running) members.signal(pid, "SIGSTOP");
    await Bun.sleep(1);
  } while (performance.now() < deadline);
}

/** Who belongs to a job: its group, its session, and every child of whoever was once found to belong, parents first. */
export class Members {
  readonly #leader: { pid: number; startedAt: string | undefined };
  /** When each was started, in the order in which they were found: a child always comes after its parent. */
  readonly #known = new Map<number, string>();
  readonly #forbidden = new Set<number>();

  /**
   * The leader of a group and a session of its own, both of which have its pid as their id. Its time is undefined when it
   * was dead before it could be looked at.
   */
  constructor(leader: { pid: number; startedAt: string | undefined }) {
    this.#leader = leader;
  }

  /** Looks at the system, adds whoever is new, and returns those who live. */
  look(): ProcessRow[] {
    const all = readProcessTable();
    const children = Map.groupBy(all.values(), (seen) => seen.parent);
    const found = new Set([...all.values()].filter((seen) => this.#isRooted(seen, all)));
    // A set being walked also yields what is added on the way: this is the walk by parent pid.
    for (const seen of found) for (const child of children.get(seen.pid) ?? []) found.add(child);
    for (const seen of found) if (!isDead(seen)) this.#known.set(seen.pid, seen.startedAt);
    return [...this.#known.keys()].flatMap((pid) => {
      const seen = all.get(pid);
      return seen && this.#isKnown(seen) && !isDead(seen) ? [seen] : [];
    });
  }

  /** Those whom the system lets us kill. */
  mortal(living: ProcessRow[]): ProcessRow[] {
    return living.filter(({ pid }) => !this.#forbidden.has(pid));
  }

  /**
   * The whole group in one call, whether or not a look has found it: a chain of processes that fork and exit is faster
   * than any walk, and a look can miss it altogether.
   */
  stopGroup(): void {
    const { pid } = this.#leader;
    const now = readProcess(pid);
    if (now === undefined || !this.#isOther(now)) this.signal(-pid, "SIGSTOP");
  }

  /** A negative pid is a group. Who died before the signal has what was wished for. */
  signal(pid: number, name: "SIGSTOP" | "SIGKILL"): void {
    try {
      process.kill(pid, name);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "EPERM") this.#forbidden.add(pid);
      else if (code !== "ESRCH") throw error;
    }
  }

  /** Found without a walk: the leader, its group and session, and whoever is known from an earlier look. */
  #isRooted(seen: ProcessRow, all: Map<number, ProcessRow>): boolean {
    if (this.#isKnown(seen)) return true;
    const { pid } = this.#leader;
    const now = all.get(pid);
    if (now && this.#isOther(now)) return false;
    return [seen.pid, seen.group, seen.session].includes(pid);
  }

  /** The leader is gone and its pid is another's by now: so are the group and session of that number. */
  #isOther(leader: ProcessRow): boolean {
    const { startedAt } = this.#leader;
    return startedAt !== undefined && leader.startedAt !== startedAt;
  }

  #isKnown(seen: ProcessRow): boolean {
    return this.#known.get(seen.pid) === seen.startedAt;
  }
}
