/** One process for ever: a pid comes back, a pid with the time of its start does not. */
import { isDead, lookAt } from "./survey";

export interface Known {
  pid: number;
  startedAt: string;
}

/** Who is dead already is known by no time: whoever has the pid next is another. */
export function knownAs(pid: number): Known {
  return { pid, startedAt: lookAt(pid)?.startedAt ?? "dead" };
}

export function isAlive({ pid, startedAt }: Known): boolean {
  const seen = lookAt(pid);
  return seen?.startedAt === startedAt && !isDead(seen);
}
