/** What tools may ask of processes in the background: to keep a job beyond its call, to look at it, to end it. */
import type { BackgroundProcess, ProcessOutput, Stop } from "../../../shared/protocol";
import type { Job, JobEnd } from "../../processes/jobs";

export interface BackgroundRegistry {
  /** Makes a living job one of its session's processes in the background. Its owner must name the run and the call. */
  keep(job: Job, command: string): BackgroundHandle;
  /** Those of the session that are known, the ended ones too, oldest first. */
  list(sessionId: string): BackgroundHandle[];
}

export interface BackgroundHandle {
  readonly job: Job;
  /** As it is now. */
  readonly record: BackgroundProcess;
  /** Where all of its output can be read. */
  readonly path: string;
  /** Takes output as it comes. */
  write(text: string): void;
  /** What it has put out after so many characters, as far as it is still held. */
  output(after: number): ProcessOutput;
  /**
   * Ends it, for whoever asks: a person, or (undefined) the agent itself. Any number of stops are one, and the first
   * reason stays; after one that left survivors it tries again.
   */
  stop(stop: Stop | undefined): Promise<JobEnd>;
}
