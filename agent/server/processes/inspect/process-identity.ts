/** A process by its pid and start time: pids are reused, the pair is not. */
import { readlinkSync } from "node:fs";
import { readProc } from "./procfs";
import { isDead, readProcess } from "./process-table";

export interface ProcessIdentity {
  pid: number;
  startedAt: string;
}

/** The identity of a process that is already dead matches no later process with its pid. */
export function identityOf(pid: number): ProcessIdentity {
  return { pid, startedAt: readProcess(pid)?.startedAt ?? "dead" };
}

/**
 * Pids and start times are unique only within one boot of one machine. Empty where the system does not say. Read once: a
 * stop needs it also when no file can be opened any more.
 */
export const bootId = readProc("sys/kernel/random/boot_id").trim();

/** The number of the namespace in which this process's pids mean something: another's processes are not seen. */
export function pidNamespace(): string {
  return readlinkSync("/proc/self/ns/pid").replaceAll(/\D/g, "");
}

export function isAlive({ pid, startedAt }: ProcessIdentity): boolean {
  const row = readProcess(pid);
  return row?.startedAt === startedAt && !isDead(row);
}
