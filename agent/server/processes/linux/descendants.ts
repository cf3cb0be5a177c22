/** The descendants of a process in any group or session, as the kernel lists the children of each. */
import { listProc, readProc } from "../inspect/procfs";

/** The most passes that a freeze makes to find new processes. */
const maxPasses = 1000;

/**
 * Stops (SIGSTOP) the roots and their descendants until no new one appears, so that none can react to the death of
 * another; then kills them. No proof: a process that is reparented during a pass can be missed, so callers repeat it
 * until the kernel confirms that none is left. `roots` is called for every pass.
 */
export function killDescendants(roots: () => number[]): void {
  const seen = new Set<number>();
  for (let passes = 0, before = -1; seen.size > before && passes < maxPasses; passes++) {
    before = seen.size;
    for (const pid of signalTrees(roots(), "SIGSTOP")) seen.add(pid);
  }
  signalTrees(roots(), "SIGKILL");
}

/** All descendants of `pid`, parents first. */
export function descendantsOf(pid: number): number[] {
  return walk(childrenOf(pid), () => {});
}

export function childrenOf(pid: number): number[] {
  // Each thread has a list of the children that it started.
  return listProc(`${pid}/task`).flatMap((thread) =>
    readProc(`${pid}/task/${thread}/children`).split(" ").filter(Boolean).map(Number),
  );
}

function signalTrees(roots: number[], name: "SIGSTOP" | "SIGKILL"): number[] {
  return walk(roots, (pid) => signal(pid, name));
}

/** `onFound` is called at once for each: a chain of processes that fork and exit is nearly as fast as this walk. */
function walk(roots: number[], onFound: (pid: number) => void): number[] {
  for (const pid of roots) onFound(pid);
  const found = [...roots];
  // Iterating an array also yields what is pushed on the way.
  for (const pid of found)
    for (const child of childrenOf(pid)) {
      onFound(child);
      found.push(child);
    }
  return found;
}

function signal(pid: number, name: "SIGSTOP" | "SIGKILL"): void {
  try {
    process.kill(pid, name);
  } catch {
    return; // dead already, or another user's: then it stays listed
  }
}
