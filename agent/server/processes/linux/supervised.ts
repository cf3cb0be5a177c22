/** A job under a supervisor of its own (Linux): a process that goes when nobody is left, so that its exit is the proof. */
import { getSystemErrorMap } from "node:util";
import type { ProcessGroup } from "../process-group";
import type { JobCgroup } from "./cgroup";
import { descendantsOf } from "./descendants";
import type { JobRequest } from "../jobs";
import { ControlPipe } from "./control-pipe";
import { endOrphans, orphansOf } from "./orphans";
import { spawnFor } from "../spawn";
import { isDead, readProcess, type ProcessRow } from "../inspect/process-table";

export interface SupervisorOptions {
  /** The supervisor's program and its first arguments. */
  program: string[];
  cgroup: JobCgroup | undefined;
}

const firstWordMs = 100;

/** Resolves when the command has started. Rejects with an Error when it cannot be. */
export async function startSupervised(
  request: JobRequest,
  { program, cgroup }: SupervisorOptions,
): Promise<ProcessGroup> {
  const kind = request.terminal ? "terminal" : "pipes";
  const { child, output, write, resize } = spawnFor(request, {
    command: [...program, kind, cgroup?.path ?? "", request.cwd, ...request.command],
    cwd: "/", // the script must not find settings of Bun in the job's directory
    lifeline: "pipe",
  });
  const since = readProcess(child.pid)?.startedAt ?? "0";
  const lifeline = new ControlPipe(child.stdio[3] as number);
  const gone = untilGone(child, since, lifeline, cgroup);
  // A job may have stopped its supervisor before that has said a word.
  const begun = lifeline.begun.then(() => true);
  while (!(await Promise.race([begun, Bun.sleep(firstWordMs)]))) child.kill("SIGCONT");
  const { pid } = lifeline;
  if (pid === undefined) {
    await gone;
    throw new Error(`cannot start ${request.command[0]}: ${reasonOf(lifeline.errno)}`);
  }
  return {
    pid,
    exited: lifeline.exited,
    gone,
    provesEmpty: true,
    supervisor: child.pid,
    ...(cgroup && { cgroup: cgroup.path }),
    output,
    members: () => living(child, since, cgroup),
    end() {
      lifeline.cut();
      child.kill("SIGCONT"); // somebody of the job may have stopped it
    },
    write,
    resize,
  };
}

/** Resolves when the kernel has confirmed that nobody is left: not before the command's own end is known. */
async function untilGone(
  supervisor: Bun.Subprocess,
  since: string,
  lifeline: ControlPipe,
  cgroup: JobCgroup | undefined,
): Promise<void> {
  await supervisor.exited;
  if (supervisor.exitCode !== 0) {
    // Somebody has killed it.
    cgroup?.kill();
    const exits = await endOrphans(since);
    const exit = lifeline.pid === undefined ? undefined : exits.get(lifeline.pid);
    lifeline.tellExit(exit ?? { exitCode: null, signalName: null });
  }
  await cgroup?.remove();
  await lifeline.ended;
}

/** Once the supervisor is dead its orphans are ours. */
function living(
  supervisor: Bun.Subprocess,
  since: string,
  cgroup: JobCgroup | undefined,
): ProcessRow[] {
  const hasSupervisor = supervisor.exitCode === null && supervisor.signalCode === null;
  const roots = hasSupervisor ? [] : orphansOf(since);
  const family = hasSupervisor
    ? descendantsOf(supervisor.pid)
    : roots.flatMap((pid) => [pid, ...descendantsOf(pid)]);
  const pids = new Set([...family, ...(cgroup?.pids() ?? [])]);
  return [...pids].flatMap((pid) => {
    const seen = readProcess(pid);
    return seen && !isDead(seen) ? [seen] : [];
  });
}

function reasonOf(errno: number | undefined): string {
  if (errno === undefined) return "its supervisor was killed";
  return getSystemErrorMap().get(-errno)?.[1] ?? `error ${errno}`;
}
