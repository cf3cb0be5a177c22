/** A job under a supervisor (Linux): a process that exits only when the job has none left, so that its exit is the proof. */
import { getSystemErrorMap } from "node:util";
import type { Proof } from "../../../shared/protocol";
import { log } from "../../log";
import type { ProcessGroup } from "../process-group";
import type { JobCgroup } from "./cgroup";
import { descendantsOf } from "./descendants";
import type { ConfinedRequest } from "../sandbox";
import { ControlPipe } from "./control-pipe";
import { killOrphans, orphansOf } from "./orphans";
import { spawnFor } from "../spawn";
import { isDead, readProcess, type ProcessRow } from "../inspect/process-table";

export interface SupervisorOptions {
  /** The supervisor's program and its first arguments. */
  program: string[];
  cgroup: JobCgroup | undefined;
}

/** A supervisor that has reported nothing for this long may have been stopped (SIGSTOP) by its job. */
const firstReportMs = 100;

/** How long the last report of a supervisor that has exited may still be on its way. */
const lastReportMs = 5000;

/** What is known of a supervisor's process. */
interface Supervisor {
  child: Bun.Subprocess;
  /** The start time of the supervisor: its job's processes are not older. */
  startedAt: string;
  pipe: ControlPipe;
  cgroup: JobCgroup | undefined;
}

/** Resolves when the command has started. Rejects with an Error when it cannot be started. */
export async function startSupervised(
  request: ConfinedRequest,
  { program, cgroup }: SupervisorOptions,
): Promise<ProcessGroup> {
  const kind = request.terminal ? "terminal" : "pipes";
  const report = request.onReport ? "report" : "";
  const { child, output, write, resize, cutNetwork } = spawnFor(request, {
    command: [...program, kind, report, cgroup?.path ?? "", request.cwd, ...request.command],
    cwd: "/", // the script must not read settings of Bun in the job's directory
    controlPipe: true,
  });
  const startedAt = readProcess(child.pid)?.startedAt ?? "0";
  const pipe = new ControlPipe(child.stdio[3] as number);
  const supervisor: Supervisor = { child, startedAt, pipe, cgroup };
  const gone = untilGone(supervisor);
  const begun = pipe.begun.then(() => true);
  while (!(await Promise.race([begun, Bun.sleep(firstReportMs)]))) child.kill("SIGCONT");
  const { pid } = pipe;
  if (pid === undefined) {
    await gone;
    throw new Error(`cannot start ${request.command[0]}: ${reasonOf(pipe.errno)}`);
  }
  return {
    pid,
    exited: pipe.exited,
    gone,
    supervisor: child.pid,
    ...(cgroup && { cgroup: cgroup.path }),
    output,
    members: () => living(supervisor),
    kill() {
      cutNetwork();
      pipe.sendEnd();
      child.kill("SIGCONT"); // the job may have stopped it
    },
    write,
    resize,
  };
}

/** See `ProcessGroup.gone`. */
async function untilGone(supervisor: Supervisor): Promise<Proof> {
  const { child, pipe, cgroup } = supervisor;
  try {
    await child.exited;
    return (await hasFinished(supervisor)) ? "proven" : await killOrphaned(supervisor);
  } catch (err) {
    log.error({ err }, "The end of a job could not be confirmed");
    pipe.setExit(unknownExit);
    return "unseen";
  } finally {
    const onError = (err: unknown): void =>
      log.error({ err }, "The cgroup of a job could not be removed");
    await cgroup?.remove().catch(onError);
    await pipe.ended;
  }
}

/** Whether the supervisor has seen the end of the job: it exits 0 only after its last report. */
async function hasFinished({ child, pipe }: Supervisor): Promise<boolean> {
  if (child.exitCode !== 0) return false;
  if (!pipe.hasLastReport) await Promise.race([pipe.ended, Bun.sleep(lastReportMs)]);
  return pipe.hasLastReport;
}

/**
 * Does the work of a supervisor that was killed. The processes left are this server's children now, so that reaping the
 * last of them is a proof too; but not when the supervisor exited 0 before its last report: then the job has tampered
 * with it.
 */
async function killOrphaned({ child, startedAt, pipe, cgroup }: Supervisor): Promise<Proof> {
  try {
    cgroup?.kill();
  } catch (err) {
    log.error({ err }, "The cgroup of a job could not be killed");
  }
  const exits = await killOrphans(startedAt);
  const exit = pipe.pid === undefined ? undefined : exits.get(pipe.pid);
  pipe.setExit(exit ?? unknownExit);
  return child.exitCode === 0 ? "seen" : "proven";
}

const unknownExit = { exitCode: null, signalName: null };

/** The descendants of the supervisor, or once it is dead its orphans, and what else is in the cgroup. */
function living({ child, startedAt, cgroup }: Supervisor): ProcessRow[] {
  const isSupervised = child.exitCode === null && child.signalCode === null;
  const roots = isSupervised ? [] : orphansOf(startedAt);
  const tree = isSupervised
    ? descendantsOf(child.pid)
    : roots.flatMap((pid) => [pid, ...descendantsOf(pid)]);
  const pids = new Set([...tree, ...(cgroup?.pids() ?? [])]);
  return [...pids].flatMap((pid) => {
    const row = readProcess(pid);
    return row && !isDead(row) ? [row] : [];
  });
}

function reasonOf(errno: number | undefined): string {
  if (errno === undefined) return "its supervisor was killed";
  return getSystemErrorMap().get(-errno)?.[1] ?? `error ${errno}`;
}
