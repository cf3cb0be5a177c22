/** One process for ever: a pid comes back, a pid with the time of its start does not. */
import { isDead, readProcess } from "./process-table";

export interface ProcessIdentity {
  pid: number;
  startedAt: string;
}

/** Who is dead already is known by no time: whoever has the pid next is another. */
export function identityOf(pid: number): ProcessIdentity {
  return { pid, startedAt: readProcess(pid)?.startedAt ?? "dead" };
}

export function isAlive({ pid, startedAt }: ProcessIdentity): boolean {
  const seen = readProcess(pid);
  return seen?.startedAt === startedAt && !isDead(seen);
}
