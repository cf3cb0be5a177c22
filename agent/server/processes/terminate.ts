/** Ends every process of a job: asked first where that helps, then made to, and over only when nobody is left. */
import type { ProcessGroup } from "./process-group";
import type { JobEnd, JobProcess } from "./jobs";
import { catchesTerm, holdsTermBack } from "./inspect/signal-mask";
import { commandOf, isDead, readProcess, type ProcessRow } from "./inspect/process-table";

export interface TerminateOptions {
  /** How long a process that handles SIGTERM may clean up; 0 asks nobody. */
  graceMs: number;
  /** Resolves when there is no more time for that. */
  hurry: Promise<void>;
  /** Who is not asked: the wall of a sandbox, whose end would be everybody's at once. */
  wall: number | undefined;
  /** How long a death is waited for, once it is certain, before whoever lives is called a survivor. */
  patienceMs: number;
}

/** Who blocks the signal for longer than this has not just been forking. */
const blockedMs = 20;

export type TerminateResult = Pick<JobEnd, "ended" | "survivors" | "proven">;

export async function terminate(
  body: ProcessGroup,
  haste: TerminateOptions,
): Promise<TerminateResult> {
  const witness = new Witness(body);
  if (haste.graceMs > 0) await ask(witness, body, haste);
  else witness.look();
  body.end();
  const isGone = await untilGone(witness, body, haste.patienceMs);
  return witness.result(isGone, body);
}

/**
 * SIGTERM to everybody, and SIGCONT, since a stopped process would not hear it. Parents first: a shell that is dead when
 * its command dies cannot start the next one. Never SIGINT: a shell whose command handles it goes on with its script.
 */
async function ask(witness: Witness, body: ProcessGroup, haste: TerminateOptions): Promise<void> {
  const asked = witness.look().filter(({ pid }) => pid !== haste.wall);
  const careful = new Set(asked.filter(catchesTerm).map(({ pid }) => pid));
  for (const { pid } of asked) {
    signal(pid, "SIGTERM");
    signal(pid, "SIGCONT");
  }
  const start = performance.now();
  const isCleaning = (seen: ProcessRow): boolean =>
    careful.has(seen.pid) && (performance.now() < start + blockedMs || !holdsTermBack(seen));
  const over = Promise.race([haste.hurry, body.gone]).then(() => true);
  while (performance.now() < start + haste.graceMs && witness.look().some(isCleaning))
    if (await Promise.race([over, Bun.sleep(2)])) return;
}

/** Whether nobody is left. Who cannot be ended is not waited for; a cgroup ends even him. */
async function untilGone(
  witness: Witness,
  body: ProcessGroup,
  patienceMs: number,
): Promise<boolean> {
  const deadline = performance.now() + patienceMs;
  const gone = body.gone.then(() => true);
  for (let waitMs = 10; performance.now() < deadline; waitMs = Math.min(2 * waitMs, 100)) {
    if (await Promise.race([gone, Bun.sleep(waitMs)])) return true;
    const living = witness.look();
    const isHopeless = body.cgroup === undefined && living.every(({ pid }) => isForbidden(pid));
    if (isHopeless && living.length > 0) return false;
  }
  return false;
}

/** Remembers everybody who was once seen to belong to the job. */
class Witness {
  readonly #seen = new Map<number, { startedAt: string; command: string }>();
  readonly #body: ProcessGroup;

  constructor(body: ProcessGroup) {
    this.#body = body;
  }

  look(): ProcessRow[] {
    const living = this.#body.members();
    for (const { pid, startedAt } of living)
      if (this.#seen.get(pid)?.startedAt !== startedAt)
        this.#seen.set(pid, { startedAt, command: commandOf(pid) });
    return living;
  }

  result(isGone: boolean, body: ProcessGroup): TerminateResult {
    if (!isGone) this.look();
    const ended: JobProcess[] = [];
    const survivors: TerminateResult["survivors"] = [];
    for (const [pid, { startedAt, command }] of this.#seen) {
      const now = readProcess(pid);
      if (now?.startedAt !== startedAt || isDead(now)) ended.push({ pid, command });
      else survivors.push({ pid, command: commandOf(pid), reason: reasonOf(now) });
    }
    return { ended, survivors, proven: isGone && body.provesEmpty };
  }
}

function reasonOf({ pid, state }: ProcessRow): string {
  if (isForbidden(pid)) return "the system does not let us end it: it runs as another user";
  return `it did not die of SIGKILL in time (state ${state})`;
}

function isForbidden(pid: number): boolean {
  return signal(pid, 0) === "forbidden";
}

/** A process that is gone has what was wished for. */
function signal(pid: number, name: "SIGTERM" | "SIGCONT" | 0): "sent" | "gone" | "forbidden" {
  try {
    process.kill(pid, name);
    return "sent";
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EPERM") return "forbidden";
    if (code === "ESRCH") return "gone";
    throw error;
  }
}
