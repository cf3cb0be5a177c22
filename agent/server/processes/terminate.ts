/** Ends every process of a job: SIGTERM first where a process handles it, then SIGKILL, until none is left. */
import { errorCode } from "../../shared/error-code";
import type { Proof } from "../../shared/protocol";
import type { ProcessGroup } from "./process-group";
import type { JobEnd, JobProcess } from "./jobs";
import { catchesTerm, isTermPending } from "./inspect/signal-mask";
import { isDead, readProcess, type ProcessRow } from "./inspect/process-table";
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
  /** Which of the ended processes are listed, and by which name. A survivor always is. */
  shown: ShownProcesses;
}

/** A process that blocks SIGTERM for longer than this is not merely forking. */
const blockedMs = 20;

export type TerminateResult = Pick<JobEnd, "ended" | "survivors" | "proof">;

export async function terminate(
  group: ProcessGroup,
  options: TerminateOptions,
): Promise<TerminateResult> {
  const observed = new ObservedProcesses(group, options.shown);
  if (options.graceMs > 0) await askToExit(observed, group, options);
  else observed.update();
  group.kill();
  const proof = await untilGone(observed, group, options.killTimeoutMs);
  return { ...observed.result(), proof };
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
  const asked = observed.update().filter(({ pid }) => pid !== sandboxPid);
  const handling = new Set(asked.filter(catchesTerm).map(({ pid }) => pid));
  for (const { pid } of asked) {
    sendSignal(pid, "SIGTERM");
    sendSignal(pid, "SIGCONT");
  }
  const start = performance.now();
  const isCleaningUp = (row: ProcessRow): boolean =>
    handling.has(row.pid) && (performance.now() < start + blockedMs || !isTermPending(row));
  const isOver = Promise.race([hardStop, group.gone]).then(() => true);
  while (performance.now() < start + graceMs && observed.update().some(isCleaningUp))
    if (await Promise.race([isOver, Bun.sleep(2)])) return;
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
    const living = observed.update();
    const isHopeless = group.cgroup === undefined && living.every(({ pid }) => isForbidden(pid));
    if (isHopeless && living.length > 0) return "seen";
  }
  observed.update();
  return "seen";
}

/** Every process that was ever seen in the group. */
class ObservedProcesses {
  readonly #seen = new Map<number, Look & { startedAt: string }>();
  readonly #group: ProcessGroup;
  readonly #shown: ShownProcesses;

  constructor(group: ProcessGroup, shown: ShownProcesses) {
    this.#group = group;
    this.#shown = shown;
  }

  /** Adds and returns those that live now. */
  update(): ProcessRow[] {
    const living = this.#group.members();
    for (const { pid, startedAt } of living)
      if (this.#seen.get(pid)?.startedAt !== startedAt)
        this.#seen.set(pid, { startedAt, ...this.#shown.look(pid) });
    return living;
  }

  result(): Omit<TerminateResult, "proof"> {
    const ended: JobProcess[] = [];
    const survivors: TerminateResult["survivors"] = [];
    for (const [pid, { startedAt, command, isShown }] of this.#seen) {
      const row = readProcess(pid);
      if (row?.startedAt === startedAt && !isDead(row))
        survivors.push({
          pid,
          command: this.#shown.look(pid).command,
          reason: reasonOf(row),
          startedAt,
        });
      else if (isShown) ended.push({ pid, command });
    }
    return { ended, survivors };
  }
}

function reasonOf({ pid, state }: ProcessRow): string {
  if (isForbidden(pid)) return "it runs as another user, and this server may not kill it";
  return `it did not die of SIGKILL in time (state ${state})`;
}

function isForbidden(pid: number): boolean {
  return sendSignal(pid, 0) === "forbidden";
}

function sendSignal(pid: number, name: "SIGTERM" | "SIGCONT" | 0): "sent" | "gone" | "forbidden" {
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
