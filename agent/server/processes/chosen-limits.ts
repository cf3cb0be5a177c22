/** The limits of the next job: what a person chose, else what the machine gives, within what all jobs together may use. */
import { defined } from "../../shared/defined";
import type { JobLimitFacts, JobLimitSettings, LimitChoice } from "../../shared/protocol";
import type { Capabilities, JobLimits, JobRequest } from "./jobs";

/**
 * Those of the request, else the settings'. An engine, an MCP server and a language server are jobs too. Only an engine has
 * commands of a model within it: over its memory it loses the process that needs most, and lives.
 */
export function limitsOf(
  { limits = {}, isEngine }: Pick<JobRequest, "limits" | "isEngine">,
  settings: JobLimitSettings,
  { machine }: Pick<Capabilities, "machine">,
): JobLimits {
  return defined({
    memoryBytes: limits.memoryBytes ?? chosen(settings.jobMemory, machine?.each.memoryBytes),
    processes: limits.processes ?? chosen(settings.jobProcesses, machine?.each.processes),
    cpus: limits.cpus ?? chosen(settings.jobCpus, undefined),
    endsWhole: limits.endsWhole ?? isEngine !== true,
  });
}

/** For people: what is enforced, and what the next job may use. */
export function limitFacts(
  settings: JobLimitSettings,
  { limits, noLimits, limitsAdvice, limitsSaid, machine }: Capabilities,
): JobLimitFacts {
  const { memoryBytes, processes, cpus } = limitsOf({}, settings, { machine });
  const all = defined({
    memoryBytes: limits.memory ? machine?.all.memoryBytes : undefined,
    processes: limits.processes ? machine?.all.processes : undefined,
  });
  return {
    enforced: limits,
    ...defined({ lack: noLimits, advice: limitsAdvice, said: limitsSaid }),
    each: defined({
      memoryBytes: limits.memory ? memoryBytes : undefined,
      processes: limits.processes ? processes : undefined,
      cpus: limits.cpu ? cpus : undefined,
    }),
    ...(Object.keys(all).length > 0 && { all }),
  };
}

function chosen(choice: LimitChoice, auto: number | undefined): number | undefined {
  if (choice === "none") return undefined;
  return choice === "auto" ? auto : choice;
}
