/** A job without a supervisor (macOS): its processes are found by group, session and parent. No proof. */
import type { Proof } from "../../../shared/protocol";
import { log } from "../../log";
import type { ProcessGroup } from "../process-group";
import type { ConfinedRequest } from "../sandbox";
import { sendSignal } from "../send-signal";
import { exitOf, spawnFor } from "../spawn";
import type { ProcessIdentity } from "../inspect/process-identity";
import { isDead, readProcess, type ProcessRow, readProcessTable } from "../inspect/process-table";

/** How often new members are looked for: a process that leaves the group must be found before its parent exits. */
const samplingMs = 250;

/** How long a stop tries to kill what does not die. */
const stopMs = 2000;

/** A process that cannot be stopped (SIGSTOP) within this time is killed anyway. */
const haltMs = 500;

export function startTracked(request: ConfinedRequest): ProcessGroup {
  const spawned = spawnFor(request, { command: request.command });
  const { child, output, write, closeInput, resize, cutNetwork } = spawned;
  const members = new Members({ pid: child.pid, startedAt: readProcess(child.pid)?.startedAt });
  const gone = Promise.withResolvers<Proof>();
  const exited = exitOf(child);
  const onError = (err: unknown): void =>
    log.error({ err }, "The processes of a job could not be tracked");
  untilGone(members, exited)
    .then(() => gone.resolve("seen"))
    .catch(onError);
  return {
    pid: child.pid,
    exited,
    gone: gone.promise,
    output,
    members: () => members.update(),
    known: () => members.known(),
    kill() {
      cutNetwork();
      killAll(members, stopMs).catch(onError);
    },
    write,
    closeInput,
    resize,
  };
}

/** Resolves when the main process has exited and no other member is found. */
async function untilGone(members: Members, exited: Promise<unknown>): Promise<void> {
  const sampling = setInterval(() => members.update(), samplingMs);
  await exited;
  clearInterval(sampling);
  for (let waitMs = 1; members.update().length > 0; waitMs = Math.min(2 * waitMs, samplingMs))
    await Bun.sleep(waitMs);
}

/**
 * Stops the members until an update finds no new and no running one, so that none can fork unseen; then kills, deepest
 * first, so that no parent is notified of a child's death; and repeats until none is left that can be killed. A process
 * that left group and session and lost its parent between two updates is not found. Gives up after `killingMs`.
 */
async function killAll(members: Members, killingMs: number): Promise<void> {
  const deadline = performance.now() + killingMs;
  await halt(members);
  let waitMs = 1;
  for (
    let living = members.update();
    members.killable(living).length > 0 && performance.now() < deadline;
    living = members.update()
  ) {
    for (const { pid } of members.killable(living).toReversed()) members.signal(pid, "SIGKILL");
    await Bun.sleep(waitMs);
    waitMs = Math.min(2 * waitMs, 20);
    await halt(members);
  }
}

/** State D cannot be stopped; it is often a parent waiting in vfork for a stopped child. */
async function halt(members: Members): Promise<void> {
  const deadline = performance.now() + haltMs;
  do {
    members.stopGroup();
    const killable = members.killable(members.update());
    const running = killable.filter(({ state }) => !"TtD".includes(state));
    if (running.length === 0) return;
    for (const { pid } of running) members.signal(pid, "SIGSTOP");
    await Bun.sleep(1);
  } while (performance.now() < deadline);
}

/** The members of a job: its group, its session, and every child of a process once found to belong, parents first. */
class Members {
  readonly #leader: { pid: number; startedAt: string | undefined };
  /** Start times by pid, in the order found: a child always comes after its parent. */
  readonly #known = new Map<number, string>();
  readonly #forbidden = new Set<number>();

  /**
   * `leader` leads a group and a session of its own, whose id is its pid. Its start time is undefined when it was dead
   * before it could be read.
   */
  constructor(leader: { pid: number; startedAt: string | undefined }) {
    this.#leader = leader;
  }

  /** Adds new members, and returns the living ones. */
  update(): ProcessRow[] {
    const all = readProcessTable();
    const children = Map.groupBy(all.values(), (row) => row.parent);
    const found = new Set([...all.values()].filter((row) => this.#isRoot(row, all)));
    // Iterating a Set also yields what is added on the way: this walks down the tree.
    for (const row of found) for (const child of children.get(row.pid) ?? []) found.add(child);
    for (const row of found) if (!isDead(row)) this.#known.set(row.pid, row.startedAt);
    return [...this.#known.keys()].flatMap((pid) => {
      const row = all.get(pid);
      return row && this.#isKnown(row) && !isDead(row) ? [row] : [];
    });
  }

  /** All that were found so far, the dead included. */
  known(): ProcessIdentity[] {
    return [...this.#known].map(([pid, startedAt]) => ({ pid, startedAt }));
  }

  /** Without those that belong to another user. */
  killable(living: ProcessRow[]): ProcessRow[] {
    return living.filter(({ pid }) => !this.#forbidden.has(pid));
  }

  /** The whole group in one call: a chain of processes that fork and exit outruns every walk, and an update can miss it. */
  stopGroup(): void {
    const { pid } = this.#leader;
    const row = readProcess(pid);
    if (row === undefined || !this.#hasReusedPid(row)) this.signal(-pid, "SIGSTOP");
  }

  /** A negative pid is a group. */
  signal(pid: number, name: "SIGSTOP" | "SIGKILL"): void {
    if (sendSignal(pid, name) === "forbidden") this.#forbidden.add(pid);
  }

  /** Found without a walk: the leader, its group and session, and the members found earlier. */
  #isRoot(row: ProcessRow, all: Map<number, ProcessRow>): boolean {
    if (this.#isKnown(row)) return true;
    const { pid } = this.#leader;
    const leader = all.get(pid);
    if (leader && this.#hasReusedPid(leader)) return false;
    return [row.pid, row.group, row.session].includes(pid);
  }

  /** The leader is gone and another process has its pid: then the group and session of that number are not the job's. */
  #hasReusedPid(row: ProcessRow): boolean {
    const { startedAt } = this.#leader;
    return startedAt !== undefined && row.startedAt !== startedAt;
  }

  #isKnown(row: ProcessRow): boolean {
    return this.#known.get(row.pid) === row.startedAt;
  }
}
