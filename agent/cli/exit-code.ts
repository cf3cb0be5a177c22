/** The exit codes of a run. */
import type { Run } from "../shared/protocol";

/** 0 done, 1 failed, 130 stopped: as a shell has it for a program that Ctrl+C ended. */
export function exitCodeOf(run: Run | undefined): number {
  if (run?.outcome === "done") return 0;
  return run?.outcome === "failed" ? 1 : 130;
}
