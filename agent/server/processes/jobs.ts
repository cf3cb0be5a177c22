/** The one door to the operating system: everything the agent starts is a job, and every job can be seen dead. */

export interface JobOwner {
  sessionId: string;
  runId: string;
  toolCallId: string;
}

export interface JobRequest {
  /** The program and its arguments; no shell in between. */
  command: string[];
  cwd: string;
  /** Added to the cleaned environment (see environment.ts). */
  env?: Record<string, string>;
  stdin?: string;
  owner: JobOwner;
  /** Ends the job with outcome "failed" and `timedOut`. */
  timeoutMs?: number;
  /** Output as it comes, decoded; standard error and standard output in the order in which they were read. */
  onOutput(text: string, stream: "stdout" | "stderr"): void;
}

/** How a job ended. It resolves only when every process of the job was seen dead, or is named among the survivors. */
export interface JobEnd {
  exitCode: number | null;
  signalName: string | null;
  /** The abort cut the command short. False when its main process had exited by itself, though an abort came then. */
  stopped: boolean;
  /** The time-out cut the command short. */
  timedOut: boolean;
  /** Processes that were alive when the stop or the time-out came, and are dead now. */
  ended: { pid: number; command: string }[];
  /** Processes that a command which exited by itself had left in the background. They were ended with it, and are dead now. */
  leftBehind: { pid: number; command: string }[];
  survivors: { pid: number; command: string; reason: string }[];
  /** Somebody outside the job still held its output open at the end, and reading was given up: a process that got away. */
  outputHeld: boolean;
}

export interface Jobs {
  /**
   * Starts a process group of its own. When `signal` aborts every process of it is killed, children first; the promise
   * resolves (it does not reject) once they were seen dead. Already aborted: nothing starts, and it throws the reason.
   * Rejects with an Error when the program cannot be started at all (not found, no such directory).
   */
  run(request: JobRequest, signal: AbortSignal): Promise<JobEnd>;
  /** What lives now. */
  list(): { id: string; pid: number; command: string; owner: JobOwner; startedAt: number }[];
}
