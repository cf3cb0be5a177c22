/** What the system reports of a job at this moment, for the list of processes. */
import type { ProcessLook } from "../../shared/protocol";
import type { Job, ProcessView } from "../processes/jobs";
import type { BackgroundJob } from "./background-job";

/** One row, or for an engine one for itself and one for each command of its model. `background`: the job's own, where it is one. */
export function inspect(job: Job, background: BackgroundJob | undefined): ProcessLook[] {
  return job.isEngine ? inspectEngine(job) : [inspectJob(job, background)];
}

/** The engine itself, and each command of its model. */
function inspectEngine(job: Job): ProcessLook[] {
  const { id, shownPid: pid, command, startedAt } = job;
  const commands = job.commands();
  const others = new Set(commands.flat().map((one) => one.pid));
  const own = job.processes().filter((one) => !others.has(one.pid));
  return [
    { id, engine: "itself", pid, command, startedAt, ...sumUp(own) },
    ...commands.map((processes): ProcessLook => {
      const [first] = processes as [ProcessView];
      return {
        id: commandId(first),
        engine: "command",
        pid: first.pid,
        command: withoutShell(first.command),
        startedAt: first.startedAt,
        ...sumUp(processes),
      };
    }),
  ];
}

/** By which a command of an engine's model is listed and stopped: of its first process. */
export function commandId({ pid }: ProcessView): string {
  return `pid-${pid}`;
}

function inspectJob(job: Job, background: BackgroundJob | undefined): ProcessLook {
  const { id, shownPid: pid, command, startedAt, owner } = job;
  return {
    id,
    pid,
    command: withoutShell(command),
    startedAt,
    ...(job.isMcpServer && { mcpServer: true as const }),
    ...(job.isLanguageServer && { languageServer: true as const }),
    ...(owner.hookId !== undefined && { hook: true as const }),
    ...(background
      ? {
          id: background.record.id,
          command: background.record.command,
          lastLine: background.lastLine,
        }
      : owner.toolCallId !== undefined && { toolCallId: owner.toolCallId }),
    ...sumUp(job.processes()),
  };
}

function sumUp(processes: ProcessView[]) {
  const ports = new Set(processes.flatMap((one) => one.ports));
  return {
    processes: processes.length,
    cpuMs: sum(processes.map(({ cpuMs }) => cpuMs)),
    memoryBytes: sum(processes.map(({ memoryBytes }) => memoryBytes)),
    ports: [...ports].toSorted((a, b) => a - b),
  };
}

/** A command of the bash tool as it was typed. */
function withoutShell(command: string): string {
  return command.replace(/^\S*\b(bash|sh) -c /, "");
}

function sum(numbers: number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
