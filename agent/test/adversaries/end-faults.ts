/** What is false in a job's end, compared with what /proc shows at that moment. */
import type { JobEnd } from "../../server/processes/jobs";
import { isAlive } from "../machine-facts";
import type { Adversary } from "./adversary";
import { describe, isBeingKilled, isOfAnotherUser } from "./hostile-processes";

/** `living` are the adversary's processes that have outlived the stop. Each fault is a sentence. */
export function endFaults(end: JobEnd, living: number[], { tampers }: Adversary): string[] {
  const faults: string[] = [];
  const { survivors, ended, proof } = end;
  if (proof === "proven" && living.length > 0) faults.push(`proven, while ${living.length} live`);
  if (proof !== "proven" && living.length === 0 && !tampers) faults.push(`no proof: ${proof}`);
  for (const pid of living)
    if (!survivors.some((one) => one.pid === pid)) faults.push(`not reported: ${describe(pid)}`);
  for (const { pid, command } of ended)
    if (living.includes(pid)) faults.push(`reported as ended, and lives: ${pid} ${command}`);
  for (const { pid, command, reason } of survivors) {
    if (!isAlive(pid)) faults.push(`reported as survivor, and dead: ${command}, ${reason}`);
    else if (!isTrue(reason, pid)) faults.push(`a false reason: ${describe(pid)}, ${reason}`);
  }
  return faults;
}

function isTrue(reason: string, pid: number): boolean {
  if (reason.includes("another user")) return isOfAnotherUser(pid);
  if (reason.includes("SIGKILL")) return isBeingKilled(pid);
  return false; // no sentence that this sweep can check
}
