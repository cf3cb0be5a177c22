/** The one door to the operating system: everything the agent starts is a job, and every job can be seen dead. */

/** Whose job it is. Without `runId` it is the session's own. */
export interface JobOwner {
  sessionId: string;
  runId?: string;
  toolCallId?: string;
  subagentId?: string;
}

export interface JobRequest {
  /** The program and its arguments; no shell in between. */
  command: string[];
  cwd: string;
  /** Added to the cleaned environment (see environment.ts). */
  env?: Record<string, string>;
  stdin?: string;
  /** A terminal in the place of the pipes: all output is "stdout", escape sequences included, and `write` types into it. */
  terminal?: TerminalSize;
  /** Shuts the job in; it rejects where the machine has no bwrap. */
  sandbox?: Sandbox;
  /** This server's own work, not a model's: it is not shut in where the server shuts in all others. */
  unconfined?: true;
  /** Directories in which the command must be able to write wherever it is shut in: what its shell leaves behind. */
  writable?: string[];
  owner: JobOwner;
  /** Ends the job as a stop does, and says `timedOut`. */
  timeoutMs?: number;
  limits?: JobLimits;
  /**
   * What becomes of the processes that a command leaves in the background when it exits. "end" (the default): they end
   * with it. "keep": the job goes on until they have ended or it is stopped.
   */
  leftBehind?: "end" | "keep";
  /** Output as it comes, decoded; standard error and standard output in the order in which they were read. */
  onOutput(text: string, stream: "stdout" | "stderr"): void;
}

export interface TerminalSize {
  columns: number;
  rows: number;
}

/**
 * A PID namespace of its own, and a file system in which only `cwd`, the temporary files and `writable` can be written, and
 * what the server keeps cannot be seen.
 */
export interface Sandbox {
  network: boolean;
  writable?: string[];
}

/** Kept where the machine's cgroups allow it (see `JobsLevel.limits`); elsewhere they have no effect. */
export interface JobLimits {
  processes?: number;
  memoryBytes?: number;
}

export interface JobProcess {
  pid: number;
  command: string;
}

/** How the command itself ended. All of it is null when a stop has not been able to end it. */
export interface JobExit {
  exitCode: number | null;
  signalName: string | null;
}

/** How a job ended. It resolves only when every process of the job was seen dead, or is named among the survivors. */
export interface JobEnd extends JobExit {
  /** A stop cut the command short. False when its main process had exited by itself, though a stop came then. */
  stopped: boolean;
  /** The time-out cut the command short. */
  timedOut: boolean;
  /** Processes that were alive when the stop or the time-out came, and are dead now. */
  ended: JobProcess[];
  /** Processes that a command which exited by itself had left in the background. They were ended with it, and are dead now. */
  leftBehind: JobProcess[];
  survivors: (JobProcess & { reason: string })[];
  /** The kernel itself has confirmed that nobody is left. Without it, `survivors` names only those that were found. */
  proven: boolean;
  /** Somebody outside the job still held its output open at the end, and reading was given up. */
  outputHeld: boolean;
}

export interface Job {
  readonly id: string;
  /** The command's main process. */
  readonly pid: number;
  readonly command: string;
  readonly owner: JobOwner;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /**
   * Resolves when the main process has exited and its output was read, to the end or for a short while: what it left in
   * the background may hold the output and write more. Never rejects, and never comes after `ended`.
   */
  readonly exited: Promise<JobExit>;
  /** The first end: see `stop` for a try after that. Never rejects. */
  readonly ended: Promise<JobEnd>;
  /**
   * Ends every process of the job, and whatever is born meanwhile. "polite" asks first (SIGTERM) and waits only while a
   * process that handles it is cleaning up; "hard" does not, and cuts a polite stop short. Any number of stops are one.
   * After an end with survivors it tries again, and resolves with a new end.
   */
  stop(how: "polite" | "hard"): Promise<JobEnd>;
  /** Its living processes right now, for showing: asked of the system on each call, parents first. */
  processes(): ProcessView[];
  /** Types into the terminal; nothing without one, or after the end. */
  write(text: string): void;
  resize(size: TerminalSize): void;
}

export interface ProcessView extends JobProcess {
  parent: number;
  /** Milliseconds since the epoch. */
  startedAt: number;
  /** Processor time used since its start, in milliseconds: two looks make a percentage. */
  cpuMs: number;
  memoryBytes: number;
  /** TCP ports it listens on. */
  ports: number[];
}

/** What this machine lets jobs be. */
export interface Capabilities {
  /** Who confirms that nobody is left: the supervisor's exit, and the job's own cgroup; "none" on macOS. */
  proof: "supervisor" | "supervisor and cgroup" | "none";
  /** The supervisor's program: compiled on this machine, or a script that needs nothing. */
  supervisor: "compiled" | "script" | "none";
  /** Which of `JobLimits` are kept. */
  limits: { processes: boolean; memory: boolean };
  /** Whether a job can be shut in (bwrap). */
  sandbox: boolean;
}

export interface Jobs {
  /**
   * Starts a job. When `signal` aborts, at any time in the job's life, it is stopped politely.
   * Already aborted: nothing starts, and it throws the reason.
   * Rejects with an Error when the program cannot be started at all (not found, no such directory).
   */
  open(request: JobRequest, signal: AbortSignal): Promise<Job>;
  /** `open`, and then its end: for those who need no handle. */
  run(request: JobRequest, signal: AbortSignal): Promise<JobEnd>;
  /** The jobs that live now, survivors of a stop included, oldest first; those of this owner, as far as it is given. */
  list(owner?: Partial<JobOwner>): Job[];
  /** Found once, by trying. */
  capabilities(): Promise<Capabilities>;
}
