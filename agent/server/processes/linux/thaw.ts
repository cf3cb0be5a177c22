/** Takes a process out of a freezer (cgroup v1), which root can put it in: frozen there, it does not die of SIGKILL. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readProc } from "../inspect/procfs";

/** Moves it to where this server is, which is not frozen. Without effect where it is in no freezer, or that is forbidden. */
export function thaw(pid: number): void {
  const [from, to] = [freezerOf(pid), freezerOf("self")];
  const mount = /^\S+ \S+ \S+ \/ (\S+) .* - cgroup \S+ \S*\bfreezer\b/m.exec(
    readProc("self/mountinfo"),
  );
  if (mount === null || to === undefined || from === to) return;
  try {
    writeFileSync(join(mount[1]!, to, "cgroup.procs"), String(pid));
  } catch {
    return; // it is dead, or this server may not: then it stays a survivor
  }
}

function freezerOf(pid: number | "self"): string | undefined {
  return /^\d+:(?:\S*,)?freezer(?:,\S*)?:(\/.*)$/m.exec(readProc(`${pid}/cgroup`))?.[1];
}
