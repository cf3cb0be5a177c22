/** The end of a supervised job: killed by this server itself, and proven only when the supervisor and the server agree. */
import type { Proof } from "../../../shared/protocol";
import { log } from "../../log";
import type { JobCgroup } from "./cgroup";
import type { LimitedCgroup } from "./limit-hit";
import type { ControlPipe } from "./control-pipe";
import { childrenOf, killDescendants, treesOf } from "./descendants";
import { type OrphanOwner, walkMs } from "./orphans";
import { thaw } from "./thaw";
import { isDead, readProcess, type ProcessRow } from "../inspect/process-table";

/** What is known of a supervisor's process. */
export interface Supervisor {
  child: Bun.Subprocess;
  orphanOwner: OrphanOwner;
  pipe: ControlPipe;
  cgroup: LimitedCgroup | undefined;
  /** It has exited, and has not truly reported the end: its job's processes are this server's orphans. */
  isLost: boolean;
  /** How much longer the killing that is under way goes on, in milliseconds; 0 when none is. */
  killingMs: number;
}

/** A supervisor without living descendants that has not exited for this long is held by something, and killed. */
const stuckMs = 1000;

/** A killed process that lives after a wait of this length is held by something. */
const firstMs = 16;

/** How long a killing goes on that does not succeed. The signals that were sent stay in effect. */
const wholeKillingMs = 2000;

/** How long the last reports of a supervisor that has exited may still be on their way. */
const lastReportsMs = 1000;

/**
 * Kills what this server can reach by itself at once, and again and again, until `gone` or in vain: the job may have
 * stopped its supervisor or trace it. A tracer dies with the job. Called again, it goes on for longer.
 */
export async function killSupervised(supervisor: Supervisor, gone: Promise<Proof>): Promise<void> {
  const isKilling = supervisor.killingMs > 0;
  supervisor.killingMs = wholeKillingMs;
  if (isKilling) return;
  try {
    await killAgainAndAgain(supervisor, gone);
  } finally {
    supervisor.killingMs = 0;
  }
}

async function killAgainAndAgain(supervisor: Supervisor, gone: Promise<Proof>): Promise<void> {
  const { child, pipe, cgroup } = supervisor;
  pipe.sendEnd();
  let spentMs = 0;
  for (let waitMs = 1; supervisor.killingMs > 0; waitMs = Math.min(2 * waitMs, 50)) {
    const since = performance.now();
    wake(child);
    killCgroup(cgroup);
    unlessHidden(() => killDescendants(() => rootsOf(supervisor), walkMs));
    if (await Promise.race([gone, Bun.sleep(waitMs)])) break;
    unlessHidden(() => {
      if (waitMs > firstMs) thawAll(supervisor);
      const isStuck = spentMs > stuckMs && !hasLiving(supervisor);
      if (isStuck) child.kill("SIGKILL");
    });
    // A machine that stood still has held no process but all.
    const tookMs = Math.min(performance.now() - since, 2 * waitMs + walkMs);
    spentMs += tookMs;
    supervisor.killingMs -= tookMs;
  }
}

/** Lets a supervisor go on that its job has stopped or frozen. */
export function wake(child: Bun.Subprocess): void {
  child.kill("SIGCONT");
  unlessHidden(() => {
    if (readProcess(child.pid)?.state === "D") thaw(child.pid);
  });
}

/** See `ProcessGroup.gone`. */
export async function untilGone(supervisor: Supervisor): Promise<Proof> {
  const { child, orphanOwner, pipe, cgroup } = supervisor;
  try {
    await child.exited;
    const isAgreed = (await hasReportedDone(supervisor)) && (await orphanOwner.hasNone());
    if (!isAgreed) await endOrphans(supervisor);
    if (cgroup === undefined) return isAgreed ? "proven" : "seen";
    cgroup.limitHit(); // kept: what the kernel counted goes with the cgroup
    // Root can move a process out of the cgroup.
    const isEmpty = await isRemoved(cgroup);
    return isEmpty && (isAgreed || (await orphanOwner.hasNone())) ? "proven" : "seen";
  } catch (err) {
    log.error({ err }, "The end of a job could not be confirmed");
    return "unseen";
  } finally {
    orphanOwner.settle();
    pipe.setExit(unknownExit);
    await pipe.close(lastReportsMs);
  }
}

/** Whether the supervisor has confirmed the end of the job, by its last report and its exit. */
async function hasReportedDone({ child, pipe }: Supervisor): Promise<boolean> {
  if (child.exitCode !== 0) return false;
  if (!pipe.isDone) await Promise.race([pipe.ended, Bun.sleep(lastReportsMs)]);
  return pipe.isDone;
}

/** Does the work of a supervisor that was killed, or whose report was false. */
async function endOrphans(supervisor: Supervisor): Promise<void> {
  const { orphanOwner, pipe, cgroup } = supervisor;
  supervisor.isLost = true;
  killCgroup(cgroup);
  const exits = await orphanOwner.kill();
  if (pipe.pid !== undefined) pipe.setExit(exits.get(pipe.pid) ?? unknownExit);
}

/** Whether the cgroup is empty: the kernel removes no other. */
async function isRemoved(cgroup: JobCgroup): Promise<boolean> {
  try {
    await cgroup.remove();
    return true;
  } catch (err) {
    log.error({ err }, "The cgroup of a job could not be removed");
    return false;
  }
}

const unknownExit = { exitCode: null, signalName: null };

/** See `ProcessGroup.members`. */
export function* livingOf(supervisor: Supervisor): Generator<ProcessRow | undefined> {
  const found = new Set<number>();
  for (const row of treesOf(rootsOf(supervisor))) {
    if (row && found.has(row.pid)) continue;
    if (row) found.add(row.pid);
    yield row;
  }
  for (const pid of supervisor.cgroup?.pids() ?? []) {
    if (found.has(pid)) continue;
    const row = readProcess(pid);
    yield row && !isDead(row) ? row : undefined;
  }
}

/** The children of the supervisor, or once that is lost its orphans. */
function rootsOf({ child, orphanOwner, isLost }: Supervisor): number[] {
  if (isLost) return orphanOwner.orphans();
  return child.exitCode === null && child.signalCode === null ? childrenOf(child.pid) : [];
}

/** Where the system lets nothing be looked at, the supervisor alone kills, and the next try looks again. */
function unlessHidden(look: () => void): void {
  try {
    look();
  } catch (err) {
    log.error({ err }, "The processes of a job could not be found to be killed");
  }
}

/** True also where a look finds so many that it is cut short. */
function hasLiving(supervisor: Supervisor): boolean {
  const until = performance.now() + walkMs;
  for (const row of livingOf(supervisor)) if (row || performance.now() > until) return true;
  return false;
}

/** Frozen, a process is in state D. */
function thawAll(supervisor: Supervisor): void {
  const until = performance.now() + walkMs;
  for (const row of livingOf(supervisor)) {
    if (row?.state === "D") thaw(row.pid);
    if (performance.now() > until) break;
  }
}

function killCgroup(cgroup: JobCgroup | undefined): void {
  try {
    cgroup?.kill();
  } catch (err) {
    log.error({ err }, "The cgroup of a job could not be killed");
  }
}
