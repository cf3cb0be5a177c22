/** A process by its pid and start time: pids are reused, the pair is not. */
import { isDead, readProcess } from "./process-table";

export interface ProcessIdentity {
  pid: number;
  startedAt: string;
}

/** The identity of a process that is already dead matches no later process with its pid. */
export function identityOf(pid: number): ProcessIdentity {
  return { pid, startedAt: readProcess(pid)?.startedAt ?? "dead" };
}

export function isAlive({ pid, startedAt }: ProcessIdentity): boolean {
  const row = readProcess(pid);
  return row?.startedAt === startedAt && !isDead(row);
}
