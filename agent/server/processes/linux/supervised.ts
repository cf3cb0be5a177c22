/** A job under a supervisor (Linux), its parent process: this server kills, and the supervisor confirms that none is left. */
import { getSystemErrorMap } from "node:util";
import { log } from "../../log";
import type { ProcessGroup } from "../process-group";
import type { LimitedCgroup } from "./limit-hit";
import type { ConfinedRequest } from "../sandbox";
import { ControlPipe } from "./control-pipe";
import { childrenOf } from "./descendants";
import { spawnFor } from "../spawn";
import { OrphanOwner } from "./orphans";
import { killSupervised, livingOf, type Supervisor, untilGone, wake } from "./supervisor-end";

export interface SupervisorOptions {
  /** The supervisor's program and its first arguments. */
  program: string[];
  cgroup: LimitedCgroup | undefined;
  /** Of the job, if the next process has one. */
  mark?: string | undefined;
}

/** A supervisor that has reported nothing for this long may have been stopped or frozen by its job. */
const firstReportMs = 100;

/** One that has reported nothing for this long, and has started nothing, is killed. */
const startMs = 10_000;

/** How long to wait for the end of a job that could not be started. */
const failedMs = 1500;

/**
 * Resolves when the command has started; where the supervisor reports nothing, when it has a process at the abort of
 * `signal` or after 10 s. Rejects with an Error when it cannot be started, or has no process by then.
 */
export async function startSupervised(
  request: ConfinedRequest,
  { program, cgroup, mark }: SupervisorOptions,
  signal: AbortSignal,
): Promise<ProcessGroup> {
  const kind = request.terminal ? "terminal" : "pipes";
  const report = request.onReport ? "report" : "";
  const { child, output, write, closeInput, resize, cutNetwork } = spawnFor(request, {
    command: [...program, kind, report, cgroup?.path ?? "", request.cwd, ...request.command],
    cwd: "/", // the script must not read settings of Bun in the job's directory
    controlPipe: true,
  });
  const orphanOwner = new OrphanOwner(child, mark);
  const pipe = new ControlPipe(child.stdio[3] as number);
  const supervisor: Supervisor = { child, orphanOwner, pipe, cgroup, isLost: false, killingMs: 0 };
  const gone = untilGone(supervisor);
  const kill = (): void => {
    cutNetwork();
    killSupervised(supervisor, gone).catch((err: unknown) =>
      log.error({ err }, "The processes of a job could not be killed"),
    );
  };
  const begun = pipe.begun.then(() => true);
  const deadline = performance.now() + startMs;
  while (!(await Promise.race([begun, Bun.sleep(firstReportMs)]))) {
    wake(child);
    if (signal.aborted || performance.now() > deadline) break;
  }
  // A process that holds the supervisor keeps it from reporting, not from starting: its first child is the command.
  const isUnreported = pipe.pid === undefined && pipe.errno === undefined;
  const pid = isUnreported ? childrenOf(child.pid)[0] : pipe.pid;
  if (pid === undefined) {
    kill();
    await Promise.race([gone, Bun.sleep(failedMs)]);
    signal.throwIfAborted();
    throw new Error(`cannot start ${request.command[0]}: ${reasonOf(pipe.errno)}`);
  }
  return {
    pid,
    exited: pipe.exited,
    gone,
    supervisor: child.pid,
    ...(cgroup && {
      cgroup: cgroup.path,
      freeze: (isFrozen) => cgroup.freeze(isFrozen),
      count: () => countOf(cgroup),
      limitHit: () => cgroup.limitHit(),
    }),
    output,
    members: () => livingOf(supervisor),
    kill,
    write,
    closeInput,
    resize,
  };
}

function reasonOf(errno: number | undefined): string {
  if (errno === undefined) return "its supervisor was killed, or has not answered";
  return getSystemErrorMap().get(-errno)?.[1] ?? `error ${errno}`;
}

function countOf(cgroup: LimitedCgroup): number | undefined {
  try {
    return cgroup.pids().length;
  } catch {
    return undefined;
  }
}
