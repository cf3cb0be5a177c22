/** Ends every process of a job: SIGTERM first where a process handles it, then SIGKILL, until none is left. */
import { setImmediate } from "node:timers/promises";
import { errorCode } from "../../shared/error-code";
import type { Proof } from "../../shared/protocol";
import type { ProcessGroup } from "./process-group";
import type { JobEnd } from "./jobs";
import { catchesTerm, isTermPending } from "./inspect/signal-mask";
import { isAlive, type ProcessIdentity } from "./inspect/process-identity";
import { readProcess, type ProcessRow } from "./inspect/process-table";
import type { Look, ShownProcesses } from "./inspect/shown-processes";

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
const lookMs = 5;

export type TerminateResult = Pick<JobEnd, "ended" | "survivors" | "proof">;

/** Resolves within the grace and `killTimeoutMs`, whatever becomes of the processes. `observed` keeps what earlier tries saw. */
export async function terminate(
  group: ProcessGroup,
  observed: ObservedProcesses,
  options: TerminateOptions,
): Promise<TerminateResult> {
  if (options.graceMs > 0) await askToExit(observed, group, options);
  else await observed.update();
  group.kill();
  const proof = await untilGone(observed, group, options.killTimeoutMs);
  return { ...(await observed.result()), proof };
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
): Promise<void> {
  const asked = (await observed.update()).filter(({ pid }) => pid !== sandboxPid);
  const handling: ProcessRow[] = [];
  await inSlices(asked, (row) => {
    if (catchesTerm(row)) handling.push(row);
  });
  await inSlices(asked, ({ pid }) => {
    sendSignal(pid, "SIGTERM");
    sendSignal(pid, "SIGCONT");
  });
  const start = performance.now();
  const isCleaningUp = (row: ProcessRow): boolean =>
    isAlive(row) && (performance.now() < start + blockedMs || !isTermPending(row));
  const isOver = Promise.race([hardStop, group.gone]).then(() => true);
  while (performance.now() < start + graceMs && handling.some(isCleaningUp))
    if (await Promise.race([isOver, Bun.sleep(2)])) break;
  await observed.update(); // those that were started meanwhile
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
  const deadline = performance.now() + killTimeoutMs;
  for (let waitMs = 10; performance.now() < deadline; waitMs = Math.min(2 * waitMs, 100)) {
    const proof = await Promise.race([group.gone, Bun.sleep(waitMs)]);
    if (proof !== undefined) return proof;
    const living = await observed.update();
    const isHopeless = group.cgroup === undefined && living.every(({ pid }) => isForbidden(pid));
    if (isHopeless && living.length > 0) return "seen";
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

  /** Adds and returns those that live now. */
  async update(): Promise<ProcessRow[]> {
    const living: ProcessRow[] = [];
    await inSlices(this.#group.members(), (row) => {
      const { pid, startedAt } = row;
      if (this.#seen.get(pid)?.startedAt !== startedAt)
        this.#seen.set(pid, { startedAt, ...this.#shown.look(pid) });
      living.push(row);
    });
    return living;
  }

  /** Whether one that was seen lives, though the group may not list it any more. */
  hasLiving(pid?: number): boolean {
    return this.#identities().some((one) => (pid ?? one.pid) === one.pid && isAlive(one));
  }

  /** Sends SIGKILL to those left once more, so that what is said of them is true. */
  async result(): Promise<Omit<TerminateResult, "proof">> {
    const sent = new Map<number, SentSignal>();
    await inSlices(this.#identities(), (one) => {
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
        });
      else if (isShown) ended.push({ pid, command });
    return { ended, survivors };
  }

  #identities(): ProcessIdentity[] {
    return [...this.#seen].map(([pid, { startedAt }]) => ({ pid, startedAt }));
  }
}

/** Thousands of processes do not hold up the server: it goes on with other work in between. */
async function inSlices<T>(items: Iterable<T>, each: (item: T) => void): Promise<void> {
  let pauseAt = performance.now() + lookMs;
  for (const item of items) {
    each(item);
    if (performance.now() < pauseAt) continue;
    await setImmediate();
    pauseAt = performance.now() + lookMs;
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

type SentSignal = "sent" | "gone" | "forbidden";

function sendSignal(pid: number, name: "SIGTERM" | "SIGCONT" | "SIGKILL" | 0): SentSignal {
  try {
    process.kill(pid, name);
    return "sent";
  } catch (error) {
    const code = errorCode(error);
    if (code === "EPERM") return "forbidden";
    if (code === "ESRCH") return "gone";
    throw error;
  }
}
