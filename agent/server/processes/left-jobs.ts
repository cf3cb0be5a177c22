/** Ends the processes that dead servers left running, found by identity, mark, session, cgroup and descent, until none is. */
import { defined } from "../../shared/defined";
import type { Proof } from "../../shared/protocol";
import type { JobProcess, SweptJob } from "./jobs";
import { bootId, isAlive, type ProcessIdentity } from "./inspect/process-identity";
import { listProc, readProc } from "./inspect/procfs";
import {
  commandOf,
  isDead,
  newestPid,
  type ProcessRow,
  readProcess,
  readProcessTable,
} from "./inspect/process-table";
import type { LedgerEntry } from "./ledger-entry";
import { cgroupAt, removeTree } from "./linux/cgroup";
import { isFrom, jobMark, markOf } from "./linux/inherited-mark";
import { sendSignal } from "./send-signal";

/** An entry of the ledger, and its file. */
export type LeftEntry = LedgerEntry & { name: string };
export type LeftEnd = SweptJob & { entry: LeftEntry };

interface LeftProcess extends JobProcess, ProcessIdentity {
  entry: LeftEntry;
  /** It runs as another user. */
  isForbidden: boolean;
}

/** How long a look blocks the server at a time. */
const sliceMs = 5;

export class LeftJobs {
  readonly #entries: LeftEntry[];
  /** By identity: processes that the ledger names, and the supervisors among them. */
  readonly #recorded = new Map<string, LeftEntry>();
  readonly #supervisors = new Set<string>();
  readonly #ofServer: Map<string | undefined, LeftEntry[]>;
  /** No process of a job is older than its server. */
  readonly #oldest: number;
  /** This server may have been started by one of the jobs. */
  readonly #spared = ownAncestors();
  /** Every process that was found so far, by identity. */
  readonly #found = new Map<string, LeftProcess>();

  /** Their servers are dead, and of this boot. */
  constructor(entries: LeftEntry[]) {
    this.#entries = entries;
    this.#ofServer = Map.groupBy(entries, ({ mark }) => mark);
    this.#oldest = Math.min(...entries.map(({ server }) => Number(server.startedAt)));
    for (const entry of entries) {
      const { leader, supervisor, seen, own } = entry;
      for (const one of [leader, supervisor, ...seen, ...own])
        if (one) this.#recorded.set(keyOf(one), entry);
      if (supervisor) this.#supervisors.add(keyOf(supervisor));
    }
  }

  /** Resolves when no process of these jobs is found any more, or none that can be killed, after `timeoutMs` at the latest. */
  async end(timeoutMs: number): Promise<LeftEnd[]> {
    const deadline = performance.now() + timeoutMs;
    let isOver = false;
    for (
      let waitMs = 1;
      !isOver && performance.now() < deadline;
      waitMs = Math.min(2 * waitMs, 50)
    ) {
      const living = await this.#halt(deadline);
      isOver = living.every((one) => one.isForbidden && one.entry.cgroup === undefined);
      if (isOver) break;
      for (const { cgroup } of this.#entries) if (cgroup !== undefined) killCgroup(cgroup);
      const processes = living.filter((one) => !this.#supervisors.has(keyOf(one)));
      // A supervisor that is left alone exits by itself, unless it was tampered with.
      for (const { pid } of processes.length > 0 ? processes : living) sendSignal(pid, "SIGKILL");
      await Bun.sleep(waitMs);
    }
    return Promise.all(this.#entries.map((entry) => this.#endOf(entry, isOver, deadline)));
  }

  /** Resolves with the living processes, once a look has found no new one: all but the supervisors are stopped. */
  async #halt(deadline: number): Promise<LeftProcess[]> {
    for (;;) {
      const before = this.#found.size;
      const living = await this.#look();
      if (this.#found.size === before || performance.now() > deadline) return living;
    }
  }

  async #look(): Promise<LeftProcess[]> {
    const living = new Map<number, LeftProcess>();
    const young = new Map<number, ProcessRow>();
    const sessions = this.#entries.filter(({ leader }) => leader && !isReused(leader));
    const inCgroup = new Map(
      this.#entries.flatMap((entry) =>
        entry.cgroup === undefined
          ? []
          : cgroupAt(entry.cgroup)
              .pids()
              .map((pid) => [pid, entry] as const),
      ),
    );
    let began = performance.now();
    for (const row of processesNow()) {
      if (performance.now() > began + sliceMs) {
        await Bun.sleep(0);
        began = performance.now();
      }
      if (isDead(row) || this.#spared.has(row.pid) || Number(row.startedAt) < this.#oldest)
        continue;
      const entry =
        this.#recorded.get(keyOf(row)) ?? inCgroup.get(row.pid) ?? this.#find(row, sessions);
      if (entry) living.set(row.pid, this.#stop(row, entry));
      else young.set(row.pid, row);
    }
    const children = Map.groupBy(young.values(), ({ parent }) => parent);
    // Iterating a Map also yields what is added on the way.
    for (const [pid, { entry }] of living)
      for (const row of children.get(pid) ?? []) living.set(row.pid, this.#stop(row, entry));
    return [...living.values()];
  }

  /** By its mark, or by the group or session of a job's main process. */
  #find(row: ProcessRow, sessions: LeftEntry[]): LeftEntry | undefined {
    const mark = markOf(row.pid);
    const ofServer = mark && this.#ofServer.get(mark.server);
    // A job can change the mark that names it among the others.
    if (ofServer)
      return ofServer.find(({ id }) => jobMark(mark.server, id) === mark.job) ?? ofServer[0];
    return sessions.find(
      (entry) =>
        [row.group, row.session].includes(entry.leader?.pid) &&
        (entry.mark === undefined || isFrom(mark, entry.mark)),
    );
  }

  /** At once: a chain of processes that fork and exit is nearly as fast as a look. */
  #stop(row: ProcessRow, entry: LeftEntry): LeftProcess {
    const { pid, startedAt } = row;
    const key = keyOf(row);
    const name = this.#supervisors.has(key) ? "SIGCONT" : "SIGSTOP";
    const isForbidden = sendSignal(pid, name) === "forbidden";
    const known = this.#found.get(key);
    if (known) return Object.assign(known, { isForbidden });
    const found = { pid, startedAt, entry, isForbidden, command: commandOf(pid).slice(0, 500) };
    this.#found.set(key, found);
    return found;
  }

  async #endOf(entry: LeftEntry, isOver: boolean, deadline: number): Promise<LeftEnd> {
    const { owner, isEngine, cgroup, leader } = entry;
    const all = [...this.#found.values()].filter(
      (one) => one.entry === entry && !this.#supervisors.has(keyOf(one)),
    );
    const living = all.filter(isAlive);
    const isOwn = new Set([...(leader ? [leader] : []), ...entry.own].map(keyOf));
    const isProven = cgroup !== undefined && (await isRemoved(cgroup, deadline));
    const proof: Proof = isProven ? "proven" : isOver ? "seen" : "unseen";
    return {
      ...defined({ owner, isEngine }),
      ...(isEngine && { own: all.filter((one) => isOwn.has(keyOf(one))).map(({ pid }) => pid) }),
      entry,
      ended: all
        .filter((one) => !living.includes(one))
        .map(({ pid, command }) => ({ pid, command })),
      survivors: living.map((one) => ({
        startedAt: one.startedAt,
        boot: bootId,
        pid: one.pid,
        command: one.command,
        reason: reasonOf(one),
      })),
      proof,
    };
  }
}

function keyOf({ pid, startedAt }: ProcessIdentity): string {
  return `${pid} ${startedAt}`;
}

/**
 * Every process at least once that lives at the end: those that are started meanwhile have the pids between the newest one
 * before and the newest one now.
 */
function* processesNow(): Generator<ProcessRow> {
  if (process.platform !== "linux") return yield* readProcessTable().values();
  for (let before = -1, now = newestPid(); now !== before; now = newestPid()) {
    const isKnown = before >= 0 && now > before;
    const pids = isKnown
      ? Array.from({ length: now - before }, (_, index) => now - index)
      : listProc("")
          .map(Number)
          .filter(Number.isInteger)
          .toSorted((a, b) => b - a);
    before = now;
    for (const pid of pids) {
      const row = readProcess(pid);
      // The id of a thread can be read as that of a process.
      if (
        row &&
        (!isKnown || /^Tgid:\s*(\d+)/m.exec(readProc(`${pid}/status`))?.[1] === String(pid))
      )
        yield row;
    }
  }
}

/** Its pid belongs to another process now: then the group and the session of that number are not the job's. */
function isReused(leader: ProcessIdentity): boolean {
  const row = readProcess(leader.pid);
  return row !== undefined && row.startedAt !== leader.startedAt;
}

function ownAncestors(): Set<number> {
  const pids = new Set([1]);
  for (let pid = process.pid; pid > 1 && !pids.has(pid); pid = readProcess(pid)?.parent ?? 1)
    pids.add(pid);
  return pids;
}

function killCgroup(path: string): void {
  try {
    cgroupAt(path).kill();
  } catch {
    return; // it is not ours any more: its processes are killed one by one
  }
}

/** An empty cgroup can be removed, and no other: the kernel's own proof. */
async function isRemoved(path: string, deadline: number): Promise<boolean> {
  try {
    while (!removeTree(path)) {
      if (performance.now() > deadline) return false;
      await Bun.sleep(5);
    }
    return true;
  } catch {
    return false;
  }
}

function reasonOf({ pid, isForbidden }: LeftProcess): string {
  if (isForbidden) return "it runs as another user, and this server may not kill it";
  return `it did not die of SIGKILL in time (state ${readProcess(pid)?.state ?? "unknown"})`;
}
