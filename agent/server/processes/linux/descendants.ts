/** The descendants of a process in any group or session, as the kernel lists the children of each. */
import { readSync } from "node:fs";
import { isDead, readProcess, type ProcessRow } from "../inspect/process-table";
import { listProc, readProc } from "../inspect/procfs";
import { sendSignal } from "../send-signal";

/** The most passes that halting a tree makes to find new processes. */
const maxPasses = 1000;

/**
 * Stops (SIGSTOP) the roots and their descendants until no new one appears, so that none can react to the death of
 * another; then kills them. No proof: a process that is reparented during a pass can be missed, so callers repeat it
 * until the kernel confirms that none is left. `roots` is called for every pass. After `budgetMs` only the roots and what was
 * found are killed: their children are roots the next time.
 */
export function killDescendants(roots: () => number[], budgetMs = Infinity): void {
  const until = performance.now() + budgetMs;
  const seen = new Set<number>();
  for (let passes = 0, before = -1; seen.size > before && passes < maxPasses; passes++) {
    if (performance.now() > until) break;
    before = seen.size;
    for (const pid of walk(roots(), (one) => sendSignal(one, "SIGSTOP"), until)) seen.add(pid);
  }
  // Not by another walk: the children of one that is dead already are not listed below it any more.
  for (const pid of [...seen].toReversed()) sendSignal(pid, "SIGKILL");
}

/**
 * The roots and all of their descendants that live, parents first, each read when it is asked for; undefined stands for one
 * that has died meanwhile. The reader may pause in between.
 */
export function* treesOf(roots: number[]): Generator<ProcessRow | undefined> {
  const found: ProcessRow[] = [];
  yield* livingAmong(roots, found);
  // Iterating an array also yields what is pushed on the way.
  for (const { pid, startedAt } of found)
    // After a pause its pid can be another process's, whose children are none of these.
    if (readProcess(pid)?.startedAt === startedAt) yield* livingAmong(childrenOf(pid), found);
}

function* livingAmong(pids: number[], found: ProcessRow[]): Generator<ProcessRow | undefined> {
  for (const pid of pids) {
    const row = readProcess(pid);
    if (row === undefined || isDead(row)) yield undefined;
    else {
      found.push(row);
      yield row;
    }
  }
}

export function childrenOf(pid: number): number[] {
  // Each thread has a list of the children that it started.
  return listProc(`${pid}/task`).flatMap((thread) =>
    pidsIn(readProc(`${pid}/task/${thread}/children`)),
  );
}

/** Where the kernel lists the children that this thread has started or got. */
export function childrenFile(pid: number, thread: number): string {
  return `/proc/${pid}/task/${thread}/children`;
}

/** The children listed in such a file now; `descriptor` is open for as long as wanted. */
export function childrenIn(descriptor: number): number[] {
  const buffer = Buffer.alloc(65_536);
  let size = 0;
  for (let count = -1; count !== 0; size += count)
    count = readSync(descriptor, buffer, size, buffer.length - size, size);
  // The last pid may have been cut.
  return pidsIn(buffer.toString("latin1", 0, buffer.lastIndexOf(" ", size) + 1));
}

function pidsIn(text: string): number[] {
  return text.split(" ").filter(Boolean).map(Number);
}

/** Where the system lets nothing be looked at, the roots alone get signals: their children are roots the next time. */
function reachableOf(pid: number): number[] {
  try {
    return childrenOf(pid);
  } catch {
    return [];
  }
}

/** `onFound` is called at once for each: a chain of processes that fork and exit is nearly as fast as this walk. */
function* walk(roots: number[], onFound: (pid: number) => void, until: number): Generator<number> {
  for (const pid of roots) onFound(pid);
  const found = [...roots];
  // Iterating an array also yields what is pushed on the way.
  for (const pid of found) {
    yield pid;
    if (performance.now() > until) continue;
    for (const child of reachableOf(pid)) {
      onFound(child);
      found.push(child);
    }
  }
}
