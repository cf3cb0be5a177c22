/** The interface through which tools keep, read and stop background processes. */
import type { BackgroundProcess, ProcessOutput, Stop } from "../../../shared/protocol";
import type { Job, JobEnd } from "../../processes/jobs";

export interface BackgroundRegistry {
  /** Registers a living job as a background process of its session. Its owner must name the run and the tool call. */
  keep(job: Job, command: string): BackgroundHandle;
  /** The session's background processes, recently ended ones included, oldest first. */
  list(sessionId: string): BackgroundHandle[];
}

export interface BackgroundHandle {
  readonly job: Job;
  /** Its current state. */
  readonly record: BackgroundProcess;
  /** The file with all of its output. */
  readonly path: string;
  /** Appends to its output. */
  write(text: string): void;
  /** Its output after so many characters, as far as it is still in memory. */
  output(after: number): ProcessOutput;
  /**
   * Stops it, for a user or (undefined) for the agent itself. Concurrent stops share one end, and the first reason is
   * kept; after an end with survivors it tries again.
   */
  stop(stop: Stop | undefined): Promise<JobEnd>;
}
