/** Ends every process of a job: SIGTERM first where a process handles it, then SIGKILL, until none is left. */
import { setImmediate } from "node:timers/promises";
import { log } from "../log";
import type { Proof } from "../../shared/protocol";
import type { ProcessGroup } from "./process-group";
import type { JobEnd } from "./jobs";
import { sendSignal, type SentSignal } from "./send-signal";
import { catchesTerm, isTermPending } from "./inspect/signal-mask";
import { bootId, isAlive, type ProcessIdentity } from "./inspect/process-identity";
import { readProcess, type ProcessRow } from "./inspect/process-table";
import type { Look, ShownProcesses } from "./inspect/shown-processes";
import { restoreLimits } from "./linux/libc";

export interface TerminateOptions {
  /** How long a process that handles SIGTERM may clean up; with 0 none is sent. */
  graceMs: number;
  /** Resolves when the grace is cut short. */
  hardStop: Promise<void>;
  /** The sandbox's own process gets no SIGTERM: its exit would kill everything in the sandbox at once. */
  sandboxPid: number | undefined;
  /** How long to wait for the killed processes to die before they are reported as survivors. */
  killTimeoutMs: number;
}

/** A process that blocks SIGTERM for longer than this is not merely forking. */
const blockedMs = 20;

/** How long a survivor has after the last SIGKILL, which is sent only to learn what becomes of it. */
const lastKillMs = 50;

/** How long a look at thousands of processes may hold up the server at once. */
const sliceMs = 5;

/** How long a look lasts that finds ever more processes, as of one that forks and exits again and again. */
const lookMs = 100;

export type TerminateResult = Pick<JobEnd, "ended" | "survivors" | "proof">;

/**
 * Resolves within the grace and `killTimeoutMs`, whatever becomes of the processes; later only by as long as the machine
 * stands still, and while fewer and fewer are in their cgroup. `observed` keeps what earlier tries saw.
 * Where the system lets the server look no more, it kills without, and the end is "unseen".
 */
export async function terminate(
  group: ProcessGroup,
  observed: ObservedProcesses,
  options: TerminateOptions,
): Promise<TerminateResult> {
  restoreLimits(); // a job may have lowered the server's
  const ask = (): Promise<ProcessRow[]> =>
    options.graceMs > 0 ? askToExit(observed, group, options) : observed.update();
  const asked = await tried(ask);
  group.kill();
  const result = await tried(async () => {
    const proof = await untilGone(observed, group, options.killTimeoutMs);
    return { ...(await observed.result()), proof };
  });
  if (result === undefined) return { ...observed.unseen(), proof: "unseen" };
  return asked === undefined ? { ...result, proof: "unseen" } : result;
}

/** Undefined, and an error in the log, where it rejects. */
async function tried<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (err) {
    log.error({ err }, "The processes of a job could not be looked at");
    return undefined;
  }
}

/**
 * SIGTERM to every process, and SIGCONT, since a stopped one would not handle it. Parents first: a shell that is dead
 * when its command dies cannot start the next one. Never SIGINT: when a shell's command handles SIGINT and exits 0, the
 * shell goes on with its script.
 */
async function askToExit(
  observed: ObservedProcesses,
  group: ProcessGroup,
  { sandboxPid, hardStop, graceMs }: TerminateOptions,
): Promise<ProcessRow[]> {
  const start = performance.now();
  const found = await observed.update(start + graceMs);
  const asked = found.filter(({ pid }) => pid !== sandboxPid);
  const handling: ProcessRow[] = [];
  await inSlices(asked, Infinity, (row) => {
    if (catchesTerm(row)) handling.push(row);
  });
  await inSlices(asked, Infinity, ({ pid }) => {
    sendSignal(pid, "SIGTERM");
    sendSignal(pid, "SIGCONT");
  });
  group.freeze?.(false); // only now: what runs again handles the signal first
  const sentAt = performance.now();
  const isCleaningUp = (row: ProcessRow): boolean =>
    isAlive(row) && (performance.now() < sentAt + blockedMs || !isTermPending(row));
  const isOver = Promise.race([hardStop, group.gone]).then(() => true);
  while (performance.now() < start + graceMs && handling.some(isCleaningUp))
    if (await Promise.race([isOver, Bun.sleep(2)])) break;
  return observed.update(); // those that were started meanwhile
}

/**
 * Resolves with the proof that no process is left; "seen" when none was confirmed in time. Only a cgroup kills the
 * processes of other users: without one they are not waited for.
 */
async function untilGone(
  observed: ObservedProcesses,
  group: ProcessGroup,
  killTimeoutMs: number,
): Promise<Proof> {
  let leftMs = killTimeoutMs;
  let fewest = Infinity;
  for (let waitMs = 10; leftMs > 0; waitMs = Math.min(2 * waitMs, 100)) {
    const since = performance.now();
    const proof = await Promise.race([group.gone, Bun.sleep(waitMs)]);
    if (proof !== undefined) return proof;
    const left = group.count?.() ?? fewest;
    if (left < fewest) {
      // Thousands need their time to die, and no look at each.
      fewest = left;
      leftMs = killTimeoutMs;
      continue;
    }
    const living = await observed.update(performance.now() + Math.min(lookMs, leftMs));
    const isHopeless = group.cgroup === undefined && living.every(({ pid }) => isForbidden(pid));
    if (isHopeless && living.length > 0) return "seen";
    // A machine that stood still gave nobody time to end.
    leftMs -= Math.min(performance.now() - since, waitMs + lookMs);
  }
  await observed.update();
  return "seen";
}

/** Every process that was ever seen in the group. */
export class ObservedProcesses {
  readonly #seen = new Map<number, Look & { startedAt: string }>();
  readonly #group: ProcessGroup;
  readonly #shown: ShownProcesses;

  constructor(group: ProcessGroup, shown: ShownProcesses) {
    this.#group = group;
    this.#shown = shown;
  }

  /** Adds and returns those that live now, as far as they are found by `until`. */
  async update(until = performance.now() + lookMs): Promise<ProcessRow[]> {
    const living: ProcessRow[] = [];
    await inSlices(this.#group.members(), until, (row) => {
      if (row === undefined) return;
      const { pid, startedAt } = row;
      if (this.#seen.get(pid)?.startedAt !== startedAt)
        this.#seen.set(pid, { startedAt, ...this.#shown.look(pid) });
      living.push(row);
    });
    return living;
  }

  /** Whether one that was seen lives, though the group may not list it any more. */
  hasLiving(pid?: number): boolean {
    return this.#identities().some((one) => (pid ?? one.pid) === one.pid && mayLive(one));
  }

  /** What is known without a look: a process whose id is still in use counts as a survivor. */
  unseen(): Omit<TerminateResult, "proof"> {
    const survivors: TerminateResult["survivors"] = [];
    const ended: TerminateResult["ended"] = [];
    for (const [pid, { startedAt, command, isShown }] of this.#seen)
      if (sendSignal(pid, 0) !== "gone")
        survivors.push({
          pid,
          command,
          reason: "the system did not let it be looked at",
          startedAt,
          boot: bootId,
        });
      else if (isShown) ended.push({ pid, command });
    return { ended, survivors };
  }

  /** Sends SIGKILL to those left once more, so that what is said of them is true. */
  async result(): Promise<Omit<TerminateResult, "proof">> {
    const sent = new Map<number, SentSignal>();
    await inSlices(this.#identities(), Infinity, (one) => {
      if (isAlive(one)) sent.set(one.pid, sendSignal(one.pid, "SIGKILL"));
    });
    const isDying = (one: ProcessIdentity): boolean => sent.get(one.pid) === "sent" && isAlive(one);
    const deadline = performance.now() + lastKillMs;
    while (this.#identities().some(isDying) && performance.now() < deadline) await Bun.sleep(2);
    const survivors: TerminateResult["survivors"] = [];
    const ended: TerminateResult["ended"] = [];
    for (const [pid, { startedAt, command, isShown }] of this.#seen)
      if (sent.has(pid) && isAlive({ pid, startedAt }))
        survivors.push({
          pid,
          command: this.#shown.look(pid).command,
          reason: reasonOf(pid, sent.get(pid)),
          startedAt,
          boot: bootId,
        });
      else if (isShown) ended.push({ pid, command });
    return { ended, survivors };
  }

  #identities(): ProcessIdentity[] {
    return [...this.#seen].map(([pid, { startedAt }]) => ({ pid, startedAt }));
  }
}

/** One that cannot be looked at counts as living. */
function mayLive(one: ProcessIdentity): boolean {
  try {
    return isAlive(one);
  } catch {
    return sendSignal(one.pid, 0) !== "gone";
  }
}

/** Thousands of processes do not hold up the server: it goes on with other work in between. */
async function inSlices<T>(
  items: Iterable<T>,
  until: number,
  each: (item: T) => void,
): Promise<void> {
  let pauseAt = performance.now() + sliceMs;
  for (const item of items) {
    each(item);
    if (performance.now() > until) return;
    if (performance.now() < pauseAt) continue;
    await setImmediate();
    pauseAt = performance.now() + sliceMs;
  }
}

function reasonOf(pid: number, sent: SentSignal | undefined): string {
  if (sent === "forbidden") return "it runs as another user, and this server may not kill it";
  const state = readProcess(pid)?.state ?? "unknown";
  return `SIGKILL was sent to it, and it has not died (state ${state})`;
}

function isForbidden(pid: number): boolean {
  return sendSignal(pid, 0) === "forbidden";
}
