/** What tools may ask of processes in the background: to keep a job beyond its call, to look at it, to end it. */
import type { BackgroundProcess, ProcessOutput, Stop } from "../../shared/protocol";
import type { Job, JobEnd } from "../processes/jobs";

export interface Background {
  /** Makes a living job one of its session's processes in the background. Its owner must name the run and the call. */
  keep(job: Job, command: string): KeptProcess;
  /** Those of the session that are known, the ended ones too, oldest first. */
  list(sessionId: string): KeptProcess[];
}

export interface KeptProcess {
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

/** Resolves as soon as the promise does, the time is over, or the signal aborts. Leaves no timer behind. */
export function within(ms: number, promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
    void promise.then(end, end);
  });
}
