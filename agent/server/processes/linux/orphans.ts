/** The processes of a job whose supervisor has exited: they are reparented to this server, which is a subreaper. */
import { childrenOf, killDescendants } from "./descendants";
import type { JobExit } from "../jobs";
import { reap } from "./libc";
import { isSpawnedChild } from "../spawn";
import { readProcess } from "../inspect/process-table";

/** A walk of their descendants may hold up the server for this long at once. */
export const walkMs = 10;

/**
 * Kills all orphans and their descendants; resolves when they are reaped, with the exit of each by pid: as long as one
 * lives that this server may not kill, it waits. `since` is the start time of their supervisor.
 */
export async function killOrphans(since: string): Promise<Map<number, JobExit>> {
  const exits = new Map<number, JobExit>();
  for (let waitMs = 1; orphansOf(since).length > 0; waitMs = Math.min(2 * waitMs, 100)) {
    killDescendants(() => orphansOf(since), walkMs);
    await Bun.sleep(waitMs);
    for (const pid of orphansOf(since)) {
      const exit = reap(pid);
      if (exit) exits.set(pid, exit);
    }
  }
  return exits;
}

/** Children that this server has not started, in another session than its own, as all of a job's are; zombies included. */
export function orphansOf(since: string): number[] {
  const ownSession = readProcess(process.pid)?.session;
  return childrenOf(process.pid).filter((pid) => {
    if (isSpawnedChild(pid)) return false;
    const row = readProcess(pid);
    return row && row.session !== ownSession && Number(row.startedAt) >= Number(since);
  });
}
