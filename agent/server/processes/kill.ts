/** Kills every process of a job, children before parents, and resolves when they have been seen dead. */
import { commandOf, isDead, lookAt, type Seen, survey } from "./survey";

/** The first process of a job. It leads a group and a session of its own, and both have its pid as their id. */
export interface Leader {
  pid: number;
  /** See `Seen.startedAt`; undefined when it was dead before it could be looked at. */
  startedAt: string | undefined;
}

export interface Killed {
  ended: { pid: number; command: string }[];
  survivors: { pid: number; command: string; reason: string }[];
}

/**
 * Stops what belongs to the job until a whole look finds nobody new and nobody running, so that no child can be born
 * unseen; then kills, deepest first; and looks again until nothing is left. It does not know politeness.
 * Whoever cannot be killed is a survivor: at once when the system forbids it, else after `patienceMs`.
 * What left both group and session and lost its parent before the first look is not found.
 */
export async function killJob(leader: Leader, patienceMs = 5000): Promise<Killed> {
  const members = new Members(leader);
  const deadline = performance.now() + patienceMs;
  let seen = await members.freeze();
  while (members.killable(seen).length > 0 && performance.now() < deadline) {
    for (const { pid } of members.killable(seen).toReversed()) members.signal(pid, "SIGKILL");
    await pause();
    seen = await members.freeze();
  }
  return members.result(seen);
}

/** Whether any process of the job lives now. */
export function livesOn(leader: Leader): boolean {
  const members = new Members(leader);
  return members.killable(members.look()).length > 0;
}

/** Who cannot be stopped in this time is killed unstopped. */
const freezeMs = 500;

/** Who belongs to a job: its group, its session, and every child of whoever was once found to belong, parents first. */
class Members {
  /** In the order in which they were found, so that a child always comes after its parent. */
  readonly #known = new Map<number, { startedAt: string; command: string }>();
  readonly #forbidden = new Set<number>();
  readonly #leader: Leader;

  constructor(leader: Leader) {
    this.#leader = leader;
  }

  /** Looks at the system and adds whoever is new. */
  look(): Map<number, Seen> {
    const all = survey();
    const children = Map.groupBy(all.values(), (seen) => seen.parent);
    const found = new Set([...all.values()].filter((seen) => this.#isRooted(seen, all)));
    // A set being walked also yields what is added on the way: this is the walk by parent pid.
    for (const seen of found) for (const child of children.get(seen.pid) ?? []) found.add(child);
    for (const seen of found)
      if (!isDead(seen) && !this.#isKnown(seen))
        this.#known.set(seen.pid, { startedAt: seen.startedAt, command: commandOf(seen.pid) });
    return all;
  }

  /** Found without a walk: the leader, its group and session, and whoever is known from an earlier look. */
  #isRooted(seen: Seen, all: Map<number, Seen>): boolean {
    if (this.#isKnown(seen)) return true;
    const { pid, startedAt } = this.#leader;
    const now = all.get(pid);
    // The leader is gone and its pid is another's by now: so are the group and session of that number.
    if (now && startedAt !== undefined && now.startedAt !== startedAt) return false;
    return seen.pid === pid || seen.group === pid || seen.session === pid;
  }

  #isKnown(seen: Seen): boolean {
    return this.#known.get(seen.pid)?.startedAt === seen.startedAt;
  }

  killable(all: Map<number, Seen>): Seen[] {
    return this.#living(all).filter(({ pid }) => !this.#forbidden.has(pid));
  }

  #living(all: Map<number, Seen>): Seen[] {
    return [...this.#known.keys()].flatMap((pid) => {
      const seen = all.get(pid);
      return seen && this.#isKnown(seen) && !isDead(seen) ? [seen] : [];
    });
  }

  /** Stops them until nobody runs, and returns the last look. State D is out of reach, and often a parent waiting for a stopped child. */
  async freeze(): Promise<Map<number, Seen>> {
    const deadline = performance.now() + freezeMs;
    for (;;) {
      if (this.#stopGroup()) await pause();
      const seen = this.look();
      const running = this.killable(seen).filter(({ state }) => !"TtD".includes(state));
      if (running.length === 0 || performance.now() >= deadline) return seen;
      for (const { pid } of running) this.signal(pid, "SIGSTOP");
      await pause();
    }
  }

  /**
   * The whole group in one call, whether or not a look has found it: a chain of processes that fork and exit is faster
   * than any walk, and a look can miss it altogether. False when the group is empty.
   */
  #stopGroup(): boolean {
    const { pid, startedAt } = this.#leader;
    const now = lookAt(pid);
    if (now && startedAt !== undefined && now.startedAt !== startedAt) return false;
    return this.signal(-pid, "SIGSTOP");
  }

  /** A negative pid is a group. False when nobody was there: it died before the signal, which is what was wished for. */
  signal(pid: number, name: "SIGSTOP" | "SIGKILL"): boolean {
    try {
      return process.kill(pid, name);
    } catch (error) {
      if (errorCode(error) === "EPERM") this.#forbidden.add(pid);
      else if (errorCode(error) !== "ESRCH") throw error;
      return false;
    }
  }

  result(all: Map<number, Seen>): Killed {
    const living = new Map(this.#living(all).map((seen) => [seen.pid, seen]));
    const result: Killed = { ended: [], survivors: [] };
    for (const [pid, { command }] of this.#known) {
      const alive = living.get(pid);
      if (alive === undefined) result.ended.push({ pid, command });
      else result.survivors.push({ pid, command, reason: this.#reason(alive) });
    }
    return result;
  }

  #reason({ pid, state }: Seen): string {
    if (this.#forbidden.has(pid))
      return "the system does not let us kill it: it runs as another user";
    return `it did not die of SIGKILL in time (state ${state})`;
  }
}

function errorCode(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

/** Lets a signal arrive, and the rest of the server breathe, before the next look. */
function pause(): Promise<void> {
  return Bun.sleep(1);
}
