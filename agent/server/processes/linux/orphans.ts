/** Who has lost a supervisor becomes our child: a job may kill what watches it, and still nobody of it gets away. */
import { childrenOf, killDescendants } from "./descendants";
import type { JobExit } from "../jobs";
import { reap } from "./libc";
import { isOurOwn } from "../spawn";
import { readProcess } from "../inspect/process-table";

/**
 * Kills all orphans and all that comes from them, and resolves when they are buried, with how each of them ended.
 * `since` is when their supervisor was started. For a server that is a subreaper (see libc.ts).
 */
export async function endOrphans(since: string): Promise<Map<number, JobExit>> {
  const exits = new Map<number, JobExit>();
  for (let waitMs = 1; orphansOf(since).length > 0; waitMs = Math.min(2 * waitMs, 100)) {
    killDescendants(() => orphansOf(since));
    await Bun.sleep(waitMs);
    for (const pid of orphansOf(since)) {
      const exit = reap(pid);
      if (exit) exits.set(pid, exit);
    }
  }
  return exits;
}

/** A child that we have not started, in another session than ours, as everybody of a job is; the dead included. */
export function orphansOf(since: string): number[] {
  const ownSession = readProcess(process.pid)?.session;
  return childrenOf(process.pid).filter((pid) => {
    if (isOurOwn(pid)) return false;
    const seen = readProcess(pid);
    return seen && seen.session !== ownSession && Number(seen.startedAt) >= Number(since);
  });
}
