/** Who comes from a process, whatever group or session they are in: the children of its children, as the kernel lists them. */
import { listProc, readProc } from "../inspect/procfs";

/** How often a freeze looks for somebody new, at most. */
const freezeLooks = 1000;

/**
 * Freezes the roots and their families until nobody new appears, so that none can react to another's death; then kills
 * them. No proof: whoever moves meanwhile can be missed, so it is to be done again until the kernel says that nobody
 * is left. `roots` is asked on every look.
 */
export function killDescendants(roots: () => number[]): void {
  const seen = new Set<number>();
  for (let looks = 0, before = -1; seen.size > before && looks < freezeLooks; looks++) {
    before = seen.size;
    for (const pid of signalFamilies(roots(), "SIGSTOP")) seen.add(pid);
  }
  signalFamilies(roots(), "SIGKILL");
}

/** All who come from `pid`, parents first. */
export function descendantsOf(pid: number): number[] {
  return walk(childrenOf(pid), () => {});
}

export function childrenOf(pid: number): number[] {
  // A child belongs to the thread that started it.
  return listProc(`${pid}/task`).flatMap((thread) =>
    readProc(`${pid}/task/${thread}/children`).split(" ").filter(Boolean).map(Number),
  );
}

function signalFamilies(roots: number[], name: "SIGSTOP" | "SIGKILL"): number[] {
  return walk(roots, (pid) => signal(pid, name));
}

/** `onFound` is called for each at once: who forks and exits is nearly as fast as we are. */
function walk(roots: number[], onFound: (pid: number) => void): number[] {
  for (const pid of roots) onFound(pid);
  const family = [...roots];
  // An array being walked also yields what is added on the way.
  for (const one of family)
    for (const child of childrenOf(one)) {
      onFound(child);
      family.push(child);
    }
  return family;
}

function signal(pid: number, name: "SIGSTOP" | "SIGKILL"): void {
  try {
    process.kill(pid, name);
  } catch {
    return; // dead already, or not ours to end: then it stays, and is seen to stay
  }
}
