/** Survivors that belong to no living job: found by their identity, killed, and reported alive as long as they are. */
import type { Survivor } from "../../shared/protocol";
import { killDescendants } from "./linux/descendants";
import { bootId, isAlive } from "./inspect/process-identity";
import { isDead, readProcess } from "./inspect/process-table";
import { sendSignal } from "./send-signal";

const killMs = 1000;

/** See `Jobs.endStrays`. */
export async function endStrays(survivors: Survivor[]): Promise<Survivor[]> {
  const refused = new Set(survivors.filter((one) => isLiving(one) && !kill(one)));
  const deadline = performance.now() + killMs;
  const dying = () => survivors.some((one) => isLiving(one) && !refused.has(one));
  for (let waitMs = 1; dying() && performance.now() < deadline; waitMs = Math.min(2 * waitMs, 50))
    await Bun.sleep(waitMs);
  return survivors.filter(isLiving).map((one) => ({ ...one, reason: reasonOf(one) }));
}

/** Where its start is not known, any process of its id may be it; of another boot, or another machine, none is. */
function isLiving({ pid, startedAt, boot = bootId }: Survivor): boolean {
  if (boot !== bootId) return false;
  return startedAt === undefined ? !isDead(readProcess(pid)) : isAlive({ pid, startedAt });
}

/** False where that is not allowed, or may reach another process. */
function kill({ pid, startedAt }: Survivor): boolean {
  if (startedAt === undefined || pid <= 1) return false;
  if (process.platform === "linux")
    killDescendants(() => (isAlive({ pid, startedAt }) ? [pid] : []), 50);
  return sendSignal(pid, "SIGKILL") !== "forbidden";
}

function reasonOf({ startedAt, reason }: Survivor): string {
  if (startedAt !== undefined) return reason;
  return "a process with this id runs, and it is not known whether it is this one";
}
