/** The interface to operating-system processes: everything the agent starts is a job, and a job ends with proof that it did. */

import type {
  CommandsAnswer,
  JobLimitFacts,
  JobLimitHit,
  JobLimitKinds,
  Proof,
  Survivor,
  Sentence,
} from "../../shared/protocol";

/** What a job belongs to. Without `runId` it is the session's own. */
export interface JobOwner {
  sessionId: string;
  runId?: string;
  toolCallId?: string;
  subagentId?: string;
  /** Of a hook: the id of its record. */
  hookId?: string;
}

export interface JobRequest {
  /** The program and its arguments; no shell in between. */
  command: string[];
  /** What people are shown in the place of the command line. */
  title?: string;
  cwd: string;
  /** Added to the environment of every job (see job-environment.ts). */
  env?: Record<string, string>;
  /** Variables of the server that it gets besides the usual ones: names, or `PREFIX_*`. */
  environment?: readonly string[];
  stdin?: string;
  /** The standard input stays open for `Job.write`, until `Job.closeInput`. Not with `stdin` or `terminal`. */
  stdinOpen?: true;
  /** A terminal instead of pipes: all output is "stdout", escape sequences included, and `write` types into it. */
  terminal?: TerminalSize;
  /** Confines the job; `open` rejects where bwrap does not work. */
  sandbox?: Sandbox;
  /** Exempt from the sandbox that the server sets for all jobs. */
  unconfined?: true;
  /** The server's own program, not a model's command: none of its processes is listed or counted, but as a survivor. */
  isHelper?: true;
  /**
   * An engine's program: no key of a provider reaches it, not even one that commands may have, and it reaches this machine
   * itself past every proxy.
   */
  isEngine?: true;
  /** An MCP server of the session: it outlives runs, and is no command of the model. */
  isMcpServer?: true;
  /** A language server of the session: it outlives runs, too. */
  isLanguageServer?: true;
  /** A port of this machine's 127.0.0.1 that it reaches at the same address in any sandbox, whatever its network. */
  loopbackPort?: number;
  /** Files and directories that the command can read in any sandbox, even within the data directory. */
  readable?: string[];
  /** That it can write in any sandbox, too. */
  writable?: string[];
  /**
   * The directory that it sees as /tmp in a sandbox. Without one, where the job's own directory is within /tmp, and where
   * that is read-only, it has an empty /tmp, which is lost with the job.
   */
  temporary?: string;
  owner: JobOwner;
  /** Ends the job as a polite stop does, with `timedOut`. */
  timeoutMs?: number;
  /** In the place of those that the server sets for every job. */
  limits?: JobLimits;
  /**
   * What happens to processes that still run when the command exits. "end" (the default): they are killed. "keep": the
   * job goes on until they have ended or it is stopped.
   */
  leftBehind?: "end" | "keep";
  /** Called with decoded output as it arrives, standard output and standard error in the order read. */
  onOutput(text: string, stream: "stdout" | "stderr"): void;
  /** Gives the command a socket as descriptor 4. Called with what it writes there, until it returns true: then no more is read. */
  onReport?(text: string): boolean;
}

export interface TerminalSize {
  columns: number;
  rows: number;
}

/**
 * Namespaces of its own, no capabilities, no system calls that lead out, and a file system in which only `cwd`, a /tmp of
 * its own and `writable` can be written, and credentials, the machine's sockets and the server's data are hidden.
 */
export interface Sandbox {
  /** All, nothing, or only these domains (see `CommandSettings`), through a proxy of this server. */
  network: boolean | readonly string[];
  /** Then `writable` is all that can be written, and an empty /tmp for a job that names a temporary directory: not `cwd`. */
  cwd?: "read-only";
  writable?: string[];
}

/** Enforced where the machine's cgroups allow it (see `Capabilities.limits`); elsewhere without effect. */
export interface JobLimits {
  processes?: number;
  memoryBytes?: number;
  /** How many processors it may use the whole time. */
  cpus?: number;
  /** Over its memory, all of it ends (the default), not only the process that needs most. */
  endsWhole?: boolean;
}

/** What jobs may use on this machine, unless a person chose. */
export interface MachineLimits {
  /** All jobs together. */
  all: { memoryBytes: number; processes: number };
  each: { memoryBytes: number; processes: number };
}

export interface JobProcess {
  pid: number;
  command: string;
}

/** How the command itself ended. Both are null when it could not be killed, or its end is unknown. */
export interface JobExit {
  exitCode: number | null;
  signalName: string | null;
}

/** How a job ended: every process of it was seen dead, or is among the survivors. */
export interface JobEnd extends JobExit {
  /** A stop cut the command short. False when its main process had already exited by itself. */
  stopped: boolean;
  /** The time-out cut the command short. */
  timedOut: boolean;
  /** The command's processes that were alive when the stop or the time-out came, now dead. */
  ended: JobProcess[];
  /** Processes that a command which exited by itself had left in the background, now dead. */
  leftBehind: JobProcess[];
  survivors: Survivor[];
  /** That none but the survivors is left. */
  proof: Proof;
  /** A limit that it has reached. */
  limitHit?: JobLimitHit;
  /** A process outside the job still held its output open at the end, and reading was abandoned. */
  outputHeld: boolean;
}

/** How a job ended that an earlier server left running when it was killed. */
export interface SweptJob extends Pick<JobEnd, "survivors" | "proof"> {
  /** Absent when the ledger could not say. */
  owner?: JobOwner;
  isEngine?: true;
  /** Of an engine's job: the pids of those that are the engine's own. */
  own?: number[];
  /** Its processes that lived when this server started, now dead. */
  ended: JobProcess[];
}

export interface Job {
  readonly id: string;
  /** The command's main process. */
  readonly pid: number;
  /** For people: the title of the request, else the command line. */
  readonly command: string;
  readonly owner: JobOwner;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /**
   * Resolves when the main process has exited and its output was read, to the end or for a short time: a background
   * process may hold it open and write more. Never rejects, and never comes after `ended`.
   */
  readonly exited: Promise<JobExit>;
  /** The first end; `stop` can try again after it. Never rejects. */
  readonly ended: Promise<JobEnd>;
  /**
   * Kills every process of the job, including those started meanwhile. "polite" sends SIGTERM first and waits only while a
   * process that handles it is cleaning up; "hard" does not, and cuts a polite stop short. Concurrent stops share one end.
   * After an end with survivors it tries again and resolves with a new end.
   */
  stop(how: "polite" | "hard"): Promise<JobEnd>;
  /** The id of the main process that people are shown: in a sandbox, where `pid` is the sandbox, the command's own. */
  readonly shownPid: number;
  /** Its main process is dead. Read from the system on each call: `exited` and `ended` come later. */
  readonly isDead: boolean;
  /** It runs in a sandbox: there its processes have other ids than these. */
  readonly isConfined: boolean;
  /** A program of the server's own. */
  readonly isHelper: boolean;
  /** An engine's program. */
  readonly isEngine: boolean;
  readonly isMcpServer: boolean;
  readonly isLanguageServer: boolean;
  /** The command's living processes, without the sandbox's own; parents first, read from the system on each call. */
  processes(): ProcessView[];
  /**
   * Those that live now are among the `ended` of a later stop, though they end before it. Looks at once, for 5 ms at most
   * before others have their turn; resolves when all were seen. Never rejects.
   */
  observe(): Promise<void>;
  /** Of an engine: all of its processes that live now are its own. Returns their ids. */
  noteOwn(): number[];
  /**
   * The living processes of an engine's job that are not its own: each command with what it has started, the command
   * first. Of any other job, none.
   */
  commands(): ProcessView[][];
  /**
   * Ends one of `commands` by the id of its first process; the job goes on. The proof is at most "seen". Undefined when
   * there is no such command.
   */
  stopCommand(pid: number): Promise<Pick<JobEnd, "ended" | "survivors" | "proof"> | undefined>;
  /** A limit that it has reached so far. */
  limitHit(): JobLimitHit | undefined;
  /** Whether a living process is one of this job, the sandbox's own included. */
  has(pid: number): boolean;
  /**
   * Types into the terminal, or writes to the open standard input; without effect where there is neither, and after the
   * end. False: the command does not read, 32 MB are held for it, and nothing of `text` will be written.
   */
  write(text: string): boolean;
  /** Closes an open standard input, after what was written to it. */
  closeInput(): void;
  resize(size: TerminalSize): void;
  /** It has a cgroup of its own. */
  readonly canFreeze: boolean;
  /**
   * Keeps all of its processes from running until `thaw`, or a stop. False where it has no cgroup of its own, and once its
   * end was requested: then nothing is frozen.
   */
  freeze(): boolean;
  thaw(): void;
}

export interface ProcessView extends JobProcess {
  parent: number;
  /** Milliseconds since the epoch. */
  startedAt: number;
  /** Processor time used since its start. */
  cpuMs: number;
  memoryBytes: number;
  /** TCP ports that it listens on. */
  ports: number[];
}

/** What this machine can do for jobs. */
export interface Capabilities {
  /** What confirms that no process is left: the supervisor's exit, and the job's own cgroup; "none" on macOS. */
  proof: CommandsAnswer["proof"];
  /** The supervisor's program: compiled on this machine, or a script that needs no compiler. */
  supervisor: "compiled" | "script" | "none";
  /** Why the supervisor is a lesser one than this system can run, or none, as a sentence for people. */
  fallen?: string;
  /** The same, to be translated. */
  fallenSaid?: Sentence;
  /** Which of `JobLimits` are enforced. */
  limits: JobLimitKinds;
  /** Why not all of them, for people. */
  noLimits?: string;
  /** What to do about that, for people. */
  limitsAdvice?: string;
  /** Both, to be translated. */
  limitsSaid?: JobLimitFacts["said"] & {};
  /** What all jobs together may use, and each unless a person chose, where a limit is enforced. */
  machine?: MachineLimits;
  /** Whether a job can be confined (bwrap). */
  sandboxWorks: boolean;
  /** Why not, for people. */
  noSandbox?: string;
  /** The same, to be translated. */
  noSandboxSaid?: Sentence;
}

export interface Jobs {
  /**
   * Starts a job. When `signal` aborts, at any time in the job's life, the job is stopped politely. If it has already
   * aborted, nothing starts and the reason is thrown. Rejects with an Error when the program cannot be started (not
   * found, no such directory).
   */
  open(request: JobRequest, signal: AbortSignal): Promise<Job>;
  /** Starts a job and resolves with its end. */
  run(request: JobRequest, signal: AbortSignal): Promise<JobEnd>;
  /** The living jobs, oldest first, those with survivors included; filtered by the given keys of `owner`. */
  list(owner?: Partial<JobOwner>): Job[];
  /**
   * What earlier servers left running is ended when this one starts: how. Resolves within some seconds, before the first
   * job starts; never rejects.
   */
  readonly swept: Promise<SweptJob[]>;
  /**
   * Kills survivors that belong to no living job: of an earlier server, or of a job that lost sight of them. Resolves with
   * those that still live, within a second; never rejects. One without `startedAt` is looked at and not killed.
   */
  endStrays(survivors: Survivor[]): Promise<Survivor[]>;
  /** Found once, when the server starts. */
  capabilities(): Promise<Capabilities>;
  /** The limits of the next job. */
  limits(): Promise<JobLimitFacts>;
  /** What confines the next command of a model; undefined: nothing does. */
  confinement(): Promise<Sandbox | undefined>;
  /** Removes what sandboxed commands of this working directory have cached. Never rejects: what the disk refuses is logged. */
  removeCaches(cwd: string): Promise<void>;
  /** Names of variables that the server has and no command gets now. */
  withheld(): string[];
  /** The variables of the server that every command gets, and that a project's file may name; no key of a provider. */
  variables(): Record<string, string>;
}
